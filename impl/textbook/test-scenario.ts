/** Test support: seven members that run one naive version, all started. */
import { type AnyProtocol, settingsOf } from '../protocol.ts';
import { World, type WorldOptions } from '../testkit.ts';

export const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
/** The latency under which no message arrives. */
export const NOTHING = (): undefined => undefined;

/** The channel is called `it`. */
export function createWorld(protocol: AnyProtocol, options: Partial<WorldOptions> = {}, settings: object = {}): World {
  const channel = { protocol, settings: { ...settingsOf(protocol.settings, 'quick'), ...settings }, name: 'it' };
  const world = new World({ names: NAMES, channels: [channel], ...options });
  world.startAll();
  return world;
}
