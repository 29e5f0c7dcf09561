/** Settings of consensus, what they add up to, and what is claimed under them. */
import { allButOne } from '../primitives/tolerance.ts';
import type { Bounds, Claim, Conditions, SettingsSpec, Tolerance } from '../protocol.ts';

export interface ConsensusSettings {
  readonly gossipMs: number;
  readonly fanout: number;
}

export const consensusSettings: SettingsSpec<ConsensusSettings> = {
  gossipMs: {
    default: 100,
    quick: 25,
    unit: 'ms',
    doc: 'interval between two rounds of gossip; each member waits between three and five quarters of it',
    source: 'own',
    min: 5,
    max: 60_000,
  },
  fanout: {
    default: 3,
    unit: 'members',
    doc: 'peers that a member sends its undecided instances to in each round; decided ones are compared with one peer',
    source: 'own',
    min: 1,
    max: 100,
    integer: true,
  },
};

/** Voters that must agree: a majority of the plan's members, whoever is up. */
export function quorumOf(n: number): number {
  return Math.floor(n / 2) + 1;
}

/** Chance that one spread takes longer than `spreadRounds`; some seven spreads an instance, hundreds of instances a run. */
const MISS_LN = Math.log(1e13);

/**
 * Rounds in which a state of one member reaches every other: it grows to half of the members in at most 2 log2 n
 * rounds, and from then on a member is missed in a round with a chance of at most e^(-fanout / 2).
 */
export function spreadRounds(settings: ConsensusSettings, n: number): number {
  if (n <= 1) return 0;
  const fanout = Math.min(settings.fanout, n - 1);
  return Math.ceil(2 * Math.log2(n) + (2 * (Math.log(n) + MISS_LN)) / fanout);
}

/** Longest interval between two rounds of a member over the mean one. */
export const LONGEST_INTERVAL = 1.25;

function spreadMs(settings: ConsensusSettings, n: number, hopMs: number): number {
  return spreadRounds(settings, n) * (LONGEST_INTERVAL * settings.gossipMs + hopMs);
}

/** How many spreads a ballot is left alone for. Five would do; the rest is for hops that take time. */
const PATIENCE_SPREADS = 6;

/** How long a member leaves the highest ballot it knows alone before it starts a higher one itself; random in a window. */
export function patienceMs(settings: ConsensusSettings, n: number): { leastMs: number; windowMs: number } {
  const spread = spreadMs(settings, n, 0);
  return { leastMs: PATIENCE_SPREADS * spread, windowMs: spread };
}

/**
 * Let S be a spread. After the heal the highest round is known to all in S, and its ballot ends, or somebody's patience
 * of at most 7 S does and a ballot of the next round begins. All who begin that round do so within S, because whoever
 * hears of one waits anew; nobody begins a later one for 6 S; so the highest ballot of the round is left alone until
 * prepare, promise, proposal and acceptance have each spread. One more S tells everybody: 1 + 7 + 1 + 4 + 1.
 * Decided instances are compared with one peer a round, which is granted a spread at fanout 1.
 */
export function consensusBounds(settings: ConsensusSettings, conditions: Conditions): Bounds {
  const { n } = conditions;
  const hopMs = conditions.linkLatencyMs + conditions.schedulingMs;
  const spread = spreadMs(settings, n, hopMs);
  return { deliveryMs: 14 * spread + spreadMs({ ...settings, fanout: 1 }, n, 2 * hopMs) };
}

export const consensusClaims: readonly Claim<ConsensusSettings>[] = [
  {
    property: 'consensus-safety',
    strength: 'guaranteed',
    statement:
      'agreement, validity and irrevocability under every fault of links, clocks, speed and processes that do not lie: ' +
      'restarts with state are free, a life that is lost never votes again',
    source: 'Lamport, "Paxos made simple", 2001, section 2',
  },
  {
    property: 'consensus-termination',
    strength: 'probable',
    rate: () => 1e-9,
    statement:
      "after the heal, with a majority of the plan's members in their first life and up, every correct member decides " +
      'every instance that was proposed at one, in bounded time with probability above 1 - 1e-9; while faults last ' +
      'nothing is promised, because no deterministic protocol can (Fischer, Lynch, Paterson 1985)',
    source: 'own, from the spread of push gossip',
    beyond(_settings, { n, livesLost }) {
      const voters = n - livesLost.length;
      if (voters >= quorumOf(n)) return undefined;
      return `${livesLost.length} of ${n} members lose a life and with it their vote for good; ${quorumOf(n)} votes are needed`;
    },
  },
];

export const consensusTolerates: readonly Tolerance<ConsensusSettings>[] = [
  {
    behaviours: ['withhold', 'replay', 'flood'],
    liars: allButOne,
    properties: ['consensus-safety'],
    statement:
      'any number may be silent or repeat what was said, which is what links do too; a vote that is a lie is believed',
  },
];
