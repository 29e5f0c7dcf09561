/** What Byzantine members of push gossip do. */
import { flood, replay, retelling, withhold } from '../primitives/lying.ts';
import { altered, laterVersion, retoldItems } from '../primitives/map-lies.ts';
import type { Lie } from '../protocol.ts';
import type { Message } from './messages.ts';
import type { PushSettings } from './settings.ts';

export const pushLies: Readonly<Record<string, Lie<Message, PushSettings>>> = {
  withhold,
  replay,
  flood,
  /** Hands on other values than it was given, under the versions of the real ones. */
  corrupt: () =>
    retelling((message) => ({
      ...message,
      items: retoldItems(message.items, (_, version, value) => [version, altered(value)]),
    })),
  /** Writes in the name of others: its value beats theirs. */
  forge: () =>
    retelling((message) => ({
      ...message,
      items: retoldItems(message.items, (_, version, value) => [laterVersion(version), altered(value)]),
    })),
  /** Claims a later version for the value that it has. */
  'digest-lie': () =>
    retelling((message) => ({
      ...message,
      items: retoldItems(message.items, (_, version, value) => [laterVersion(version), value]),
    })),
};
