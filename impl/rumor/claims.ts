/** What rumour mongering promises, the residue that theory expects, and the times within which rumours arrive. */
import type { Bounds, Claim, Conditions } from '../protocol.ts';
import { pushResidue, roundsToAll } from '../theory/spread.ts';
import type { RumorSettings } from './settings.ts';

const SECTION = 'Demers et al. 1987, section 1.4';
const FAILURE = 1e-9;

export const rumorClaims: readonly Claim<RumorSettings>[] = [
  {
    property: 'delivery',
    strength: 'guaranteed',
    statement:
      'Nothing is delivered twice in one life, restarts with state included, and nothing that was not broadcast.',
    source: 'own',
  },
  {
    property: 'coverage',
    strength: 'probable',
    rate: rumorResidue,
    statement:
      'Every member delivers every broadcast whose spread no fault touches, but for a residue: what all who knew it have stopped spreading before everybody heard it is never repaired.',
    source: `${SECTION}, computed for n members (impl/theory)`,
    beyond: (settings) => (settings.mode === 'pull' ? 'no residue is known for pull among few members' : undefined),
  },
];

/**
 * Expected share of members other than the origin that a broadcast misses: exact for pushes with fanout 1 whose counter
 * is not set back; an upper bound where it is, where members pull as well, and for a larger fanout. For pull alone it
 * does not hold, and the claim says so.
 */
export function rumorResidue(settings: RumorSettings, conditions: Pick<Conditions, 'n'>): number {
  return pushResidue(conditions.n, settings);
}

/**
 * When a rumour has arrived wherever it arrives: rounds to all for members who never stop, and then as long again as a
 * member goes on without success; one stall of a real machine in all. Arrivals after that are rarer than the residue by
 * orders of magnitude and count to it.
 */
export function rumorBounds(settings: RumorSettings, conditions: Conditions): Bounds {
  const { n, linkLatencyMs, schedulingMs } = conditions;
  // Contacts with members that are down for good are wasted.
  const [whole, reduced] = [0, conditions.livesLost.length].map((absent) =>
    roundsToAll(settings.mode, n, settings.fanout, FAILURE, absent),
  );
  const rounds = Math.max(whole ?? 0, reduced ?? 0) + roundsInVain(settings);
  const roundMs = settings.intervalMs + 2 * linkLatencyMs;
  const drift = Math.min(conditions.timerDrift, 0.9);
  return { deliveryMs: Math.ceil(settings.intervalMs / (1 - drift) + rounds * roundMs + schedulingMs) };
}

/** Rounds in which a member still spreads what everybody knows already. */
function roundsInVain({ mode, stop, k, maxRounds }: RumorSettings): number {
  // A counter of pulls only grows in rounds in which somebody pulls.
  if (mode === 'pull') return maxRounds;
  // (1 - 1/k)^(21 k) is below e^-21, which is below 1e-9.
  return Math.min(maxRounds, stop === 'counter' ? k : 21 * k);
}
