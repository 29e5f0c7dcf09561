/** What Byzantine members of anti-entropy do. */
import { flood, replay, retelling, withhold } from '../primitives/lying.ts';
import { altered, laterVersion, retoldItems } from '../primitives/map-lies.ts';
import type { Lie } from '../protocol.ts';
import type { Message } from './messages.ts';
import type { AntiEntropySettings } from './settings.ts';

export const antiEntropyLies: Readonly<Record<string, Lie<Message, AntiEntropySettings>>> = {
  withhold,
  replay,
  flood,
  /** Hands on other values than it was given, under the versions of the real ones. */
  corrupt: () =>
    retelling((message) =>
      message.type === 'entries'
        ? { ...message, items: retoldItems(message.items, (_, version, value) => [version, altered(value)]) }
        : message,
    ),
  /** Writes in the name of others: its value beats theirs. */
  forge: () =>
    retelling((message) =>
      message.type === 'entries'
        ? {
            ...message,
            items: retoldItems(message.items, (_, version, value) => [laterVersion(version), altered(value)]),
          }
        : message,
    ),
  /** Claims to have later versions than it has, of every key: it is asked for them and sends the old ones. */
  'digest-lie': () =>
    retelling((message) =>
      message.type === 'digest'
        ? { ...message, items: message.items.map((item, index) => (index % 2 === 1 ? laterVersion(item) : item)) }
        : message,
    ),
};
