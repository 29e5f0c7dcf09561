/**
 * Eight temperature sensors in a ring; each knows the next three. Average, sum, maximum and the like by aggregation, the
 * estimates judged against what the sensors had measured.
 */
import type { Scenario } from '../../harness/model/scenario.ts';
import type { WorkloadContext, WorkloadOperation } from '../../harness/model/workload.ts';
import { arrivals, roundToMicros } from '../open-loop.ts';

const NEIGHBOURS = 3;
/** °C: where sensors start, and how far one reading may lie from the one before. */
const COLDEST = 15;
const SPREAD = 15;
const STEP = 0.5;
/** Readings are given to a 64th of a degree, so that sums of them are exact. */
const RESOLUTION = 64;
/** Of the operations after the first readings, how many are new readings; the others ask for the aggregates. */
const READING_SHARE = 0.5;

export const sensors: Scenario = {
  name: 'sensors',
  summary: 'eight temperatures in a ring, each sensor knows the next three; average, sum and maximum against the truth',
  nodes: { usual: 8, least: 8, most: 8 },
  timeMs: 40_000,
  protocols: ['aggregation'],
  // On real machines an exchange may take as long as a cycle: epochs need that many for a bound that is worth stating.
  settings: { aggregation: { cyclesPerEpoch: 160 } },
  rates: { aggregate: 4 },
  members: (count) => Array.from({ length: count }, (_, i) => `sensor-${i + 1}`),
  overlay: (members) =>
    members.map((member, i) => ({
      member,
      knows: Array.from({ length: NEIGHBOURS }, (_, step) => members[(i + step + 1) % members.length] ?? member),
    })),
  plan: (workload, context) => (workload === 'aggregate' ? temperatures(context) : undefined),
};

/** Every sensor measures at the start; then readings drift, and somebody asks now and then. */
function temperatures(context: WorkloadContext): WorkloadOperation[] {
  const { members, random } = context;
  const current = members.map(() => COLDEST * RESOLUTION + random.int(SPREAD * RESOLUTION));
  const set = (atMs: number, i: number): WorkloadOperation => ({
    atMs,
    member: members[i]?.name ?? '',
    f: 'set',
    value: (current[i] ?? 0) / RESOLUTION,
  });
  const first = members.map((_, i) => set(roundToMicros(50 + 10 * i + 10 * random.next()), i));
  const later = arrivals(context).map((atMs): WorkloadOperation => {
    const i = random.int(members.length);
    if (random.next() >= READING_SHARE) return { atMs, member: members[i]?.name ?? '', f: 'read', value: null };
    const step = random.int(2 * STEP * RESOLUTION + 1) - STEP * RESOLUTION;
    current[i] = (current[i] ?? 0) + step;
    return set(atMs, i);
  });
  return [...first, ...later];
}
