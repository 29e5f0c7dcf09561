/** Of this package, as package.json says. */
import manifest from '../../package.json' with { type: 'json' };

export const HEARSAY_VERSION: string = manifest.version;
