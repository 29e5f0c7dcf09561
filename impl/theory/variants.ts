/**
 * The ways to spread one update, side by side, as computed figures: how long it takes, what it costs, what it keeps and
 * what it leaves. Rounds are of `intervalMs`; SWIM's are its protocol periods.
 */
import { meanFieldEnd, type SpreadLaw } from './coverage.ts';
import { probeMessagesPerPeriod, suspicionPeriods } from './detection.ts';
import { roundsUntilAll } from './rounds-distribution.ts';

export interface VariantInput {
  readonly n: number;
  readonly fanout: number;
  readonly loss: number;
  /** Share of members that are down. */
  readonly failed: number;
  readonly intervalMs: number;
  /** Bytes of one update with its frame. */
  readonly updateBytes: number;
  /** Keys of the replicated map, for what a digest lists. */
  readonly keys: number;
  /** Bytes of a digest's entry. */
  readonly digestBytes: number;
  /** Rumour mongering's k. */
  readonly k: number;
}

export type VariantName = 'anti-entropy' | 'rumor' | 'push-pull' | 'swim';

export interface Variant {
  readonly name: VariantName;
  /** Until all that it ever reaches know: mean rounds, and ms. */
  readonly rounds: number;
  readonly convergenceMs: number;
  /** Messages of one update until then, per member. */
  readonly messagesPerUpdate: number;
  /** Bytes of those, per member. */
  readonly bytesPerUpdate: number;
  /** Messages and bytes per member and second while there is nothing new. */
  readonly idleMessagesPerSecond: number;
  readonly idleBytesPerSecond: number;
  /** Bytes that a member keeps to do it. */
  readonly stateBytes: number;
  /** Expected share of members that it never reaches. */
  readonly residue: number;
  /** In what it is the best of the four by the figures above: what it is used for. */
  readonly bestIn: readonly string[];
}

export function compareVariants(input: VariantInput): Variant[] {
  const variants = [antiEntropy(input), rumorMongering(input), pushPull(input), swim(input)];
  return variants.map((variant) => ({ ...variant, bestIn: bestIn(variant, variants) }));
}

type Figures = Omit<Variant, 'bestIn'>;

function lawOf({ n, fanout, loss, failed }: VariantInput, over: Partial<SpreadLaw>): SpreadLaw {
  const absent = Math.min(n - 1, Math.round(n * failed));
  return { n, absent, mode: 'push-pull', stop: 'never', feedback: 'feedback', k: 1, fanout, loss, ...over };
}

/** Digests both ways, then what differs: spreads as push-pull and never stops, so it repairs all and is never silent. */
function antiEntropy(input: VariantInput): Figures {
  const { rounds, messagesPerMember } = spreadOf(input);
  const perSecond = 1000 / input.intervalMs;
  const digest = input.keys * input.digestBytes;
  const arrives = 1 - input.loss;
  // Every member starts `fanout` exchanges a round: a digest out and, as far as it arrives, a digest back.
  const idle = input.fanout * (1 + arrives * (1 - input.failed));
  return {
    name: 'anti-entropy',
    rounds,
    convergenceMs: rounds * input.intervalMs,
    messagesPerUpdate: rounds * idle + messagesPerMember,
    bytesPerUpdate: rounds * idle * digest + messagesPerMember * input.updateBytes,
    idleMessagesPerSecond: idle * perSecond,
    idleBytesPerSecond: idle * digest * perSecond,
    stateBytes: input.keys * input.updateBytes,
    residue: 0,
  };
}

/** Push with feedback and counter: silent once interest is lost, and some never hear. */
function rumorMongering(input: VariantInput): Figures {
  const end = meanFieldEnd(lawOf(input, { mode: 'push', stop: 'counter', k: input.k }));
  const { residue, traffic, lastArrival: rounds } = end;
  return {
    name: 'rumor',
    rounds,
    convergenceMs: rounds * input.intervalMs,
    messagesPerUpdate: traffic,
    bytesPerUpdate: traffic * input.updateBytes,
    idleMessagesPerSecond: 0,
    idleBytesPerSecond: 0,
    // The hot rumour and its counter.
    stateBytes: input.updateBytes + COUNTER_BYTES,
    residue,
  };
}

const COUNTER_BYTES = 4;
/** A ping or ack without its updates. */
const PROBE_BYTES = 64;

/** Push-pull that goes on until all know, as by an oracle: the bound for the others (Karp et al. 2000). */
function pushPull(input: VariantInput): Figures {
  const { rounds, messagesPerMember } = spreadOf(input);
  const perSecond = 1000 / input.intervalMs;
  // While there is nothing to push, pulls go on.
  const idle = input.fanout;
  return {
    name: 'push-pull',
    rounds,
    convergenceMs: rounds * input.intervalMs,
    messagesPerUpdate: messagesPerMember + rounds * idle,
    bytesPerUpdate: messagesPerMember * input.updateBytes + rounds * idle * PROBE_BYTES,
    idleMessagesPerSecond: idle * perSecond,
    idleBytesPerSecond: idle * PROBE_BYTES * perSecond,
    stateBytes: input.updateBytes,
    residue: 0,
  };
}

/**
 * Updates that ride on pings and acks: a partner a period, both ways, and no message of its own. Of the 3⌈ln(n+1)⌉ times
 * that a member sends an update at most, two fall into a period.
 */
function swim(input: VariantInput): Figures {
  const limit = suspicionPeriods(input.n);
  const law = lawOf(input, { fanout: 1, stop: 'rounds', k: Math.max(1, Math.round(limit / 2)) });
  const { residue } = meanFieldEnd(law);
  const { rounds } = spreadOf({ ...input, fanout: 1 });
  const conditions = { arrives: 1 - input.loss, alive: 1 - input.failed, indirect: 3 };
  const perPeriod = probeMessagesPerPeriod(conditions);
  const perSecond = 1000 / input.intervalMs;
  return {
    name: 'swim',
    rounds,
    convergenceMs: rounds * input.intervalMs,
    messagesPerUpdate: 0,
    bytesPerUpdate: limit * input.updateBytes,
    idleMessagesPerSecond: perPeriod * perSecond,
    idleBytesPerSecond: perPeriod * PROBE_BYTES * perSecond,
    stateBytes: input.n * input.digestBytes,
    residue,
  };
}

function spreadOf(input: VariantInput): { readonly rounds: number; readonly messagesPerMember: number } {
  const law = lawOf(input, {});
  return {
    rounds: roundsUntilAll(law).expected ?? Number.POSITIVE_INFINITY,
    messagesPerMember: meanFieldEnd(law).traffic,
  };
}

const CRITERIA: readonly (readonly [string, (figures: Figures) => number])[] = [
  ['quickest', (figures) => figures.convergenceMs],
  ['fewest messages', (figures) => figures.messagesPerUpdate],
  ['fewest bytes', (figures) => figures.bytesPerUpdate],
  ['least idle traffic', (figures) => figures.idleBytesPerSecond],
  ['least state', (figures) => figures.stateBytes],
  ['least residue', (figures) => figures.residue],
];

function bestIn(variant: Figures, all: readonly Figures[]): string[] {
  return CRITERIA.filter(([, cost]) => all.every((other) => cost(variant) <= cost(other))).map(([name]) => name);
}
