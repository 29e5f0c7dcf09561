/**
 * Faults of which many begin or end in the same moment, on few members: where what one does hides or doubles what another
 * does. Plans that spread their faults over a whole run meet such moments rarely. HEARSAY_SEEDS says how many there are.
 */
import { expect, it } from 'vitest';
import type { Random } from '../../impl/protocol.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { FAULT_TYPES, type PlannedFault } from '../model/fault.ts';
import { split } from '../model/rng.ts';
import { planOf, propertyOf, runOnSim, seedCount } from './test-scenario.ts';

const TIME_MS = 12_000;
const SEEDS = seedCount(200);
const PROTOCOLS = ['push', 'rumor', 'swim', 'bracha'] as const;
const CLOCKS = ['clock-strobe', 'clock-skew', 'clock-drift', 'timer-drift'];
const LINKS = ['delay', 'duplicate', 'reorder', 'loss', 'bandwidth'];
const PROCESSES = ['kill', 'pause', 'slow', 'cpu', 'disk-full'];

const one = <T>(items: readonly T[], random: Random): T => items[random.int(items.length)] as T;

/** Starts and ends are drawn from a few moments, half of the time; no fault outlives the load. */
function drawWindow(moments: readonly number[], random: Random): { atMs: number; untilMs: number } {
  const moment = (other: number): number => (random.int(2) === 0 ? one(moments, random) : other);
  const atMs = moment(500 + random.int(9000));
  const untilMs = moment(atMs + 100 + random.int(4000));
  return { atMs, untilMs: Math.min(TIME_MS, untilMs > atMs + 100 ? untilMs : atMs + 100 + random.int(4000)) };
}

function drawFaults(seed: string, members: readonly string[]): PlannedFault[] {
  const random = split(seed, 'shared-edges');
  const moments = [TIME_MS, ...Array.from({ length: 3 }, () => 500 + random.int(9000))];
  // Few kinds in a plan, so that each pair of them is met often.
  const types = [
    ...random.sample(one([CLOCKS, LINKS], random), 2),
    one(random.int(2) === 0 ? PROCESSES : [...CLOCKS, ...LINKS], random),
  ];
  // In most plans they act on one member or link of two, and by little: there they are the hardest to tell apart.
  const isNarrow = random.int(4) > 0;
  return Array.from({ length: 3 + random.int(4) }).flatMap((_, at) => {
    const type = one(types, random);
    const nemesis = NEMESES.find((candidate) => candidate.type === type);
    if (nemesis === undefined) throw new Error(`no fault is called ${type}`);
    const planned = nemesis.plan(nemesis.draw(random, members), {
      members,
      timeMs: TIME_MS,
      random,
      windows: [drawWindow(moments, random)],
      behaviours: new Map(),
      tolerated: () => ({ all: 0, some: 0 }),
      withoutState: random.int(2) === 0,
    });
    const [from, to] = random.shuffle(members.slice(0, 2)) as [string, string];
    const small = 10 * (1 + random.int(5));
    const factor = one([0.5, 0.9, 1.1, 2], random);
    return planned.map((fault, index) => {
      const narrow = {
        ...('links' in fault && { links: [{ from: [from], to: [to] }] }),
        ...('targets' in fault && { targets: [from] }),
        ...('skewMs' in fault && { skewMs: Math.sign(fault.skewMs) * small }),
        ...('factor' in fault && { factor }),
      };
      return { ...fault, ...(isNarrow && narrow), id: `${fault.type}-${at}-${index}` } as PlannedFault;
    });
  });
}

it(
  `${SEEDS} plans of faults that share their edges: each fault was measured as asked, or not at all`,
  () => {
    const flagged: string[] = [];
    const measured = new Set<string>();
    for (let number = 0; number < SEEDS; number++) {
      const seed = `shared-edges-${number}`;
      const protocol = PROTOCOLS[number % PROTOCOLS.length] as string;
      const plan = planOf(seed, {}, { protocols: [protocol], nodes: 5, timeMs: TIME_MS, ratePerSecond: 20 });
      const faults = drawFaults(
        seed,
        plan.members.map(({ name }) => name),
      );
      const { verdict, reason, details } = propertyOf(runOnSim({ ...plan, faults }).properties, 'fault-effect');
      if (verdict === 'invalid') flagged.push(`${seed} (${protocol}): ${reason}: ${JSON.stringify(faults)}`);
      const effects = (details as { effects?: readonly { kind: string; outcome: string }[] }).effects ?? [];
      for (const { kind, outcome } of effects) if (outcome === 'as-asked') measured.add(kind);
    }
    expect(flagged).toEqual([]);
    const drawn = [...CLOCKS, ...LINKS, ...PROCESSES];
    expect(FAULT_TYPES).toEqual(expect.arrayContaining(drawn));
    expect([...measured]).toEqual(expect.arrayContaining(drawn));
  },
  60_000 + SEEDS * 1000,
);
