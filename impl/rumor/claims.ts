/** What rumour mongering promises, the residue that theory expects, and the times within which rumours arrive. */
import { allButOne, whereSigned } from '../primitives/tolerance.ts';
import type { Bounds, Claim, Conditions, Tolerance } from '../protocol.ts';
import { longestWay, missedOnWay, mostNeighbours, overlayProblem, roundsUnder } from '../theory/overlay.ts';
import { pushResidue } from '../theory/spread.ts';
import { DATAGRAM_BYTES, entryBytes, VALUE_LIMIT_BYTES } from './messages.ts';
import type { RumorSettings } from './settings.ts';

const SECTION = 'Demers et al. 1987, section 1.4';
const FAILURE = 1e-9;
const TOO_SPARSE =
  'on so long ways between members a rumour may well die before its end; a larger k makes it worth a promise';

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
      'Every member delivers every broadcast whose spread no fault touches, but for a residue: what all who knew it have stopped spreading before everybody heard it is never repaired. It holds for loads of which everything that can be hot at once fits into the datagrams of a round.',
    source: `${SECTION}, computed for n members (impl/theory)`,
    beyond: (settings, conditions) =>
      settings.mode === 'pull'
        ? 'no residue is known for pull among few members'
        : (overlayProblem(conditions) ??
          (rumorResidue(settings, conditions) < 1 ? overload(settings, conditions) : TOO_SPARSE)),
  },
];

/**
 * Expected share of members other than the origin that a broadcast misses: exact for pushes with fanout 1 whose counter
 * is not set back; an upper bound where it is, where members pull as well, and for a larger fanout. For pull alone it
 * does not hold, and the claim says so. On an overlay it is an upper bound by the shortest way to a member: each on it
 * must draw the next one before it stops, and makes at least as many contacts as the stopping rule has.
 */
export function rumorResidue(settings: RumorSettings, conditions: Pick<Conditions, 'n' | 'overlay'>): number {
  const { overlay } = conditions;
  if (overlay === undefined) return pushResidue(conditions.n, settings);
  return missedOnWay(longestWay(overlay), mostNeighbours(overlay), settings);
}

/**
 * When a rumour has arrived wherever it arrives: rounds to all for members who never stop, and then as long again as a
 * member goes on without success; one stall of a real machine in all. Arrivals after that are rarer than the residue by
 * orders of magnitude and count to it.
 */
export function rumorBounds(settings: RumorSettings, conditions: Conditions): Bounds {
  const { linkLatencyMs, schedulingMs } = conditions;
  const toAll = roundsUnder(settings.mode, conditions, settings.fanout, FAILURE);
  if (toAll === undefined) return {};
  const rounds = toAll + roundsInVain(settings);
  const roundMs = settings.intervalMs + 2 * linkLatencyMs;
  const drift = Math.min(conditions.timerDrift, 0.9);
  return { deliveryMs: Math.ceil(settings.intervalMs / (1 - drift) + rounds * roundMs + schedulingMs) };
}

/**
 * Why the planned broadcasts need not all fit into a round's datagrams. Counted are all that can be hot at a member: as
 * many as arrive while one is hot. Without faults that is until it has spread and as long again as a member goes on in
 * vain; with faults it may be until the limit of rounds, because contacts that are lost bring no feedback.
 */
function overload(settings: RumorSettings, conditions: Conditions): string | undefined {
  const planned = conditions.load.get('broadcast');
  if (planned === undefined) return undefined;
  const roundMs = settings.intervalMs / (1 - Math.min(conditions.timerDrift, 0.9));
  const limitMs = (settings.maxRounds + 1) * roundMs;
  const spreadMs = rumorBounds(settings, conditions).deliveryMs ?? limitMs;
  const calm = conditions.kinds.length === 0 && conditions.livesLost.length === 0;
  const seconds = Math.ceil((calm ? Math.min(limitMs, spreadMs) : limitMs) / 1000);
  // Longer ones are refused.
  const valueBytes = Math.min(planned.valueBytes, VALUE_LIMIT_BYTES);
  const perDatagram = Math.floor(DATAGRAM_BYTES / entryBytes(conditions.nameBytes, valueBytes, settings.signed));
  const perRound = perDatagram * settings.maxDatagramsPerRound;
  if (planned.perSecond * seconds <= perRound) return undefined;
  return `${planned.perSecond} broadcasts in a second are planned, and a rumour can be hot for ${seconds} s: up to ${Math.floor(perRound / seconds)} a second fit into the ${settings.maxDatagramsPerRound} datagrams of a round`;
}

/** Rounds in which a member still spreads what everybody knows already. */
function roundsInVain({ mode, stop, k, maxRounds }: RumorSettings): number {
  // A counter of pulls only grows in rounds in which somebody pulls.
  if (mode === 'pull') return maxRounds;
  // (1 - 1/k)^(21 k) is below e^-21, which is below 1e-9.
  return Math.min(maxRounds, stop === 'counter' ? k : 21 * k);
}

export const rumorTolerates: readonly Tolerance<RumorSettings>[] = [
  {
    behaviours: ['withhold', 'select', 'replay', 'flood', 'digest-lie', 'equivocate'],
    liars: allButOne,
    properties: ['delivery'],
    statement: 'any number may keep rumours back, repeat them, deny that they are news, or tell two tales of their own',
  },
  {
    behaviours: ['forge', 'corrupt', 'bad-signature'],
    liars: whereSigned<RumorSettings>(allButOne),
    properties: ['delivery'],
    statement: 'signed: any number may speak for others or change what they pass on, and nothing of it is delivered',
  },
];
