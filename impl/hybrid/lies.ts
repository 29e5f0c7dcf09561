/** What Byzantine members of adaptive push-pull do. */
import { flood, replay, retelling, withhold } from '../primitives/lying.ts';
import type { Items } from '../primitives/map-entry.ts';
import { altered, laterVersion, retoldItems } from '../primitives/map-lies.ts';
import type { Lie } from '../protocol.ts';
import type { Message } from './messages.ts';
import type { HybridSettings } from './settings.ts';

/** The entries of the map in pushes and in answers to pulls, changed on their way. */
function mapRetold(message: Message, change: (items: Items) => Items): Message {
  if (message.type === 'push') return { ...message, map: change(message.map) };
  if (message.type !== 'compare' || message.shelf !== 'map' || message.part.type !== 'entries') return message;
  return { ...message, part: { ...message.part, items: change(message.part.items) } };
}

export const hybridLies: Readonly<Record<string, Lie<Message, HybridSettings>>> = {
  withhold,
  replay,
  flood,
  /** Hands on other values than it was given, under the versions of the real ones. */
  corrupt: () =>
    retelling((message) =>
      mapRetold(message, (items) => retoldItems(items, (_, version, value) => [version, altered(value)])),
    ),
  /** Writes in the name of others: its value beats theirs. */
  forge: () =>
    retelling((message) =>
      mapRetold(message, (items) => retoldItems(items, (_, version, value) => [laterVersion(version), altered(value)])),
    ),
};
