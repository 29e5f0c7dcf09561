/**
 * A flood, event by event: whoever hears for the first time sends to all its targets of a static overlay, once, and each
 * message arrives after a delay of its own or is lost. Every arrival is an event of its own in order of time; nothing
 * goes in rounds.
 */
import { DeliveryQueue } from './delivery-queue.ts';
import type { FastRandom } from './fast-random.ts';
import type { Overlay } from './overlay.ts';

const NS_PER_MS = 1e6;

export interface FloodSpec {
  /** Chance that a message is lost. */
  readonly loss: number;
  /** Delays are uniform from the first to below the second, in whole ns; equal: all are the same. The first above 0. */
  readonly delayMs: readonly [number, number];
}

export interface FloodResult {
  /** Members that know it in the end, the origin counted. */
  readonly known: number;
  /** Messages sent, lost and useless ones included. */
  readonly sends: number;
  /** Messages that arrived: the events. */
  readonly arrivals: number;
  /** Virtual, of first receipts; the origin's, at 0, is left out. Mean 0 where nobody else heard. */
  readonly meanArrivalMs: number;
  readonly lastArrivalMs: number;
  /** Members that know it at 0, 1, 2, .. ms. */
  readonly knownByMs: readonly number[];
}

/** Told of each event as it happens: `first`, whether the member did not know yet. */
export type FloodObserver = (timeNs: number, member: number, first: boolean) => void;

/** Starts at a random member. Draws: the origin; then, for each message sent, its loss and, unless lost, its delay. */
export function flood(overlay: Overlay, spec: FloodSpec, random: FastRandom, observe?: FloodObserver): FloodResult {
  const { n, degree, targets } = overlay;
  const { loss } = spec;
  const leastNs = Math.round(spec.delayMs[0] * NS_PER_MS);
  const spanNs = Math.round(spec.delayMs[1] * NS_PER_MS) - leastNs;
  const queue = new DeliveryQueue(leastNs, leastNs + spanNs);
  const knows = new Uint8Array(n);
  const knownByMs = [1];
  let known = 0;
  let sends = 0;
  let arrivals = 0;
  let sumMs = 0;
  let lastMs = 0;
  const hear = (member: number, timeNs: number): void => {
    knows[member] = 1;
    known++;
    const end = (member + 1) * degree;
    for (let at = member * degree; at < end; at++) {
      sends++;
      if (loss > 0 && random.next() < loss) continue;
      queue.push(timeNs + leastNs + Math.floor(random.next() * spanNs), targets[at] as number);
    }
  };
  hear(random.int(n), 0);
  while (queue.next()) {
    const { timeNs, member } = queue;
    const first = knows[member] === 0;
    arrivals++;
    if (observe !== undefined) observe(timeNs, member, first);
    if (!first) continue;
    lastMs = timeNs / NS_PER_MS;
    sumMs += lastMs;
    // Whoever heard within a ms is counted at its end.
    while (knownByMs.length - 1 < Math.floor(lastMs)) knownByMs.push(known);
    hear(member, timeNs);
  }
  knownByMs.push(known);
  return {
    known,
    sends,
    arrivals,
    meanArrivalMs: known > 1 ? sumMs / (known - 1) : 0,
    lastArrivalMs: lastMs,
    knownByMs,
  };
}
