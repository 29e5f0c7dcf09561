/** What Byzantine members of an aggregation do. */
import { flood, replay, retelling, withhold } from '../primitives/lying.ts';
import type { Lie } from '../protocol.ts';
import type { Message } from './messages.ts';
import type { AggregationSettings } from './settings.ts';

/** Beyond any input of the workload. */
const POISON = 1_000_000;

export const aggregationLies: Readonly<Record<string, Lie<Message, AggregationSettings>>> = {
  withhold,
  replay,
  flood,
  /** Puts value into what it hands over that nobody ever had, and a maximum to match. */
  poison: () =>
    retelling((message) => {
      if (!('mass' in message)) return 'max' in message ? { ...message, max: POISON } : message;
      return { ...message, max: POISON, mass: { ...message.mass, value: message.mass.value + POISON } };
    }),
};
