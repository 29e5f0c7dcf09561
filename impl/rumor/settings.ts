/** Settings of rumour mongering, with units and sources. */
import { peerLimit } from '../primitives/rate-limit.ts';
import type { SettingsSpec } from '../protocol.ts';
import type { SpreadMode } from '../theory/spread.ts';

export interface RumorSettings {
  readonly mode: SpreadMode;
  readonly stop: 'coin' | 'counter';
  readonly feedback: 'feedback' | 'blind';
  readonly k: number;
  readonly fanout: number;
  readonly maxRounds: number;
  readonly intervalMs: number;
  readonly maxDatagramsPerRound: number;
  readonly signed: boolean;
  readonly peerMessagesPerSecond: number;
}

const SECTION = 'Demers et al. 1987, section 1.4';

export const rumorSettings: SettingsSpec<RumorSettings> = {
  mode: {
    default: 'push-pull',
    unit: '',
    doc: 'Who asks: those with hot rumours push, all others pull, or both.',
    source: SECTION,
    values: ['push', 'pull', 'push-pull'],
  },
  stop: {
    default: 'counter',
    unit: '',
    doc: 'A member loses interest in a rumour with chance 1/k (coin) or after k contacts (counter).',
    source: SECTION,
    values: ['coin', 'counter'],
  },
  feedback: {
    default: 'feedback',
    unit: '',
    doc: 'Only contacts that knew the rumour count (feedback), or all do (blind).',
    source: SECTION,
    values: ['feedback', 'blind'],
  },
  k: { default: 6, unit: 'messages', doc: 'See `stop`.', source: SECTION, min: 1, max: 1000, integer: true },
  fanout: {
    default: 1,
    unit: 'members',
    doc: 'Partners of each round, uniformly at random.',
    source: SECTION,
    min: 1,
    max: 64,
    integer: true,
  },
  maxRounds: {
    default: 60,
    unit: 'rounds',
    doc: 'A rumour is hot at a member for at most so many of its rounds, told in them or not, whatever the stopping rule says.',
    source: 'own: large, so that the stopping rule decides',
    min: 1,
    max: 100_000,
    integer: true,
  },
  intervalMs: {
    default: 500,
    quick: 200,
    unit: 'ms',
    doc: 'Time between two rounds of a member.',
    source: 'own',
    min: 1,
    max: 3_600_000,
  },
  maxDatagramsPerRound: {
    default: 32,
    unit: 'messages',
    doc: 'Datagrams of hot rumours at most for each partner of a round, and for each answer to a pull; what is told least comes first.',
    source: 'own; the paper assumes that all hot rumours fit',
    min: 1,
    max: 1024,
    integer: true,
  },
  signed: {
    default: false,
    unit: '',
    doc: 'A rumour counts only with the signature of its origin over origin, life, sequence and value.',
    source: 'own; Ed25519 (RFC 8032), keys out of the plan',
  },
  peerMessagesPerSecond: peerLimit,
};

/** The residue's theory leaves the round limit out; it must be far from where the stopping rule ends a rumour. */
const ROUNDS_PER_K = 4;

export function checkRumorSettings(settings: RumorSettings): string | undefined {
  const { maxRounds, fanout, k } = settings;
  if (maxRounds * fanout >= ROUNDS_PER_K * k) return undefined;
  return `maxRounds is ${maxRounds} with fanout ${fanout} and k ${k}: the limit would end rumours before the stopping rule does; use maxRounds of at least ${Math.ceil((ROUNDS_PER_K * k) / fanout)}`;
}
