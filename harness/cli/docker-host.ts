/** The flag that names Docker engines. */
import { checkEngineHost } from '../clusters/docker/engine.ts';
import { UserError } from '../model/errors.ts';

export const DOCKER_HOST_FLAG = '--docker-host <address>';

/** May be given several times; each is an address as in DOCKER_HOST. Throws UserError. */
export function collectDockerHost(text: string, previous: readonly string[] | undefined): readonly string[] {
  const host = checkEngineHost(text);
  if (previous?.includes(host)) throw new UserError('--docker-host names one engine twice', text, 'name it once');
  return [...(previous ?? []), host];
}
