/** Every protocol by its name: what `--protocol NAME` and a plan's channels refer to. */
import { antiEntropy } from './anti-entropy/anti-entropy.ts';
import { bracha } from './bracha/bracha.ts';
import type { AnyProtocol } from './protocol.ts';
import { rumor } from './rumor/rumor.ts';
import { swim } from './swim/swim.ts';

const ALL: readonly AnyProtocol[] = [swim, rumor, antiEntropy, bracha];

/** In the order in which they are listed to users. */
export const protocols: ReadonlyMap<string, AnyProtocol> = new Map(ALL.map((protocol) => [protocol.name, protocol]));

/** The protocols that `--protocol suite` runs together in one member, in the order of their channels. */
export const SUITE: readonly string[] = ['swim', 'rumor', 'anti-entropy', 'bracha'];
