/**
 * Legal but unusual plans, written by hand where no flag asks for them: a correct run of each may not be flagged, and
 * what the plan asks for must really be judged.
 */
import { expect, it } from 'vitest';
import type { PlannedFault } from '../model/fault.ts';
import type { HistoryLine } from '../model/history.ts';
import type { Plan, PlannedOperation } from '../model/plan.ts';
import { flaggedIn, MAP } from './test-history.ts';
import { type FaultFlags, planOf, runOnSim } from './test-scenario.ts';

type Fault = PlannedFault extends infer One ? (One extends PlannedFault ? Omit<One, 'id'> : never) : never;

const REGISTER = ['lost-writes', 'phantom-values', 'stale-reads', 'version-order'];
const SAFE = ['convergence', ...REGISTER, 'delivery', 'refutation', 'broadcast-safety', 'no-crash'];
const SEEDS = ['a', 'b', 'c'];

interface Unusual {
  readonly what: string;
  readonly plan: (seed: string) => Plan;
  /** Properties that must come out valid, on every channel that has them. */
  readonly judged: readonly string[];
  /** Shows that the history is as unusual as it says. */
  readonly shows?: (lines: readonly HistoryLine[], plan: Plan) => boolean;
}

function suite(seed: string, over: Parameters<typeof planOf>[2] = {}, faults: FaultFlags = {}): Plan {
  return planOf(`unusual ${seed}`, faults, { nodes: 5, timeMs: 20_000, ...over });
}

function withFaults(plan: Plan, faults: readonly Fault[]): Plan {
  return { ...plan, faults: faults.map((fault, i) => ({ id: `${fault.type}-${i + 1}`, ...fault }) as PlannedFault) };
}

function withOperations(plan: Plan, operations: readonly Omit<PlannedOperation, 'id'>[]): Plan {
  return { ...plan, operations: operations.map((operation, id) => ({ id, ...operation })) };
}

const startingLate = (plan: Plan, startsMs: Readonly<Record<string, number>>): Plan => ({
  ...plan,
  members: plan.members.map(({ name, startAtMs }) => ({ name, startAtMs: startsMs[name] ?? startAtMs })),
});

const kill = (
  atMs: number,
  untilMs: number,
  restart: 'with-state' | 'without-state' | 'never',
  ...targets: string[]
): Fault => ({
  type: 'kill',
  atMs,
  untilMs,
  restart,
  targets,
});
const leave = (atMs: number, untilMs: number, rejoin: boolean, ...targets: string[]): Fault => ({
  type: 'leave',
  atMs,
  untilMs,
  rejoin,
  targets,
});
const pause = (atMs: number, untilMs: number, ...targets: string[]): Fault => ({
  type: 'pause',
  atMs,
  untilMs,
  targets,
});
const register = (atMs: number, member: string, f: string, value: PlannedOperation['value']) => ({
  atMs,
  member,
  workload: 'register',
  channel: MAP,
  f,
  value,
});

/** Some operation had run out of time, and took effect all the same. */
function tookEffectLater(lines: readonly HistoryLine[]): boolean {
  const unknown = new Map(lines.flatMap((line) => (line.type === 'info' ? [[line.op, line.time] as const] : [])));
  return lines.some(
    (line) =>
      line.type === 'observe' &&
      (line.kind === 'apply' || line.kind === 'broadcast') &&
      line.operation !== undefined &&
      (unknown.get(line.operation) ?? Number.POSITIVE_INFINITY) < line.time,
  );
}

const ups = (lines: readonly HistoryLine[], member: string) =>
  lines.flatMap((line) => (line.type === 'member' && line.event === 'up' && line.member === member ? [line] : []));

const UNUSUAL: readonly Unusual[] = [
  { what: 'two members', plan: (seed) => suite(seed, { nodes: 2 }), judged: [...SAFE, 'coverage'] },
  {
    what: 'two members, of which one is killed and comes back',
    plan: (seed) => withFaults(suite(seed, { nodes: 2, timeMs: 30_000 }), [kill(5000, 20_000, 'with-state', 'n2')]),
    judged: [...SAFE, 'detection', 'fault-effect'],
  },
  {
    what: 'one member',
    plan: (seed) => suite(seed, { nodes: 1 }),
    judged: [...REGISTER, 'delivery', 'broadcast-safety'],
  },
  {
    what: 'members that start late, one of them at the end',
    plan: (seed) => startingLate(suite(seed), { n2: 3000, n4: 12_000, n5: 19_900 }),
    judged: SAFE,
    shows: (lines) => (ups(lines, 'n4')[0]?.time ?? 0) >= 12e9,
  },
  {
    what: 'all start late but one',
    plan: (seed) => startingLate(suite(seed), { n2: 8000, n3: 8000, n4: 8000, n5: 8000 }),
    judged: SAFE,
  },
  {
    what: 'kills of one member that overlap, the second without state',
    plan: (seed) =>
      withFaults(suite(seed), [kill(4000, 10_000, 'with-state', 'n2'), kill(6000, 15_000, 'without-state', 'n2')]),
    judged: [...SAFE, 'fault-effect'],
    shows: (lines) => ups(lines, 'n2').length === 2 && ups(lines, 'n2')[1]?.life === 2,
  },
  {
    what: 'a kill in a pause, and a pause in a kill',
    plan: (seed) =>
      withFaults(suite(seed), [
        pause(3000, 7000, 'n1'),
        kill(4000, 9000, 'with-state', 'n1'),
        kill(5000, 12_000, 'with-state', 'n3'),
        pause(6000, 8000, 'n3'),
      ]),
    judged: SAFE,
  },
  {
    what: 'a restart with the heal',
    plan: (seed) =>
      withFaults(suite(seed), [kill(10_000, 20_000, 'with-state', 'n2'), kill(11_000, 20_000, 'without-state', 'n3')]),
    judged: [...SAFE, 'fault-effect'],
  },
  {
    what: 'a kill just before the heal',
    plan: (seed) => withFaults(suite(seed), [kill(19_900, 20_000, 'with-state', 'n2')]),
    judged: [...SAFE, 'fault-effect'],
  },
  {
    what: 'a member killed for good',
    plan: (seed) => withFaults(suite(seed), [kill(6000, 7000, 'never', 'n2')]),
    judged: [...SAFE, 'detection', 'fault-effect'],
    shows: (lines) => ups(lines, 'n2').length === 1,
  },
  {
    what: 'a member killed for good at the very end',
    plan: (seed) => withFaults(suite(seed), [kill(19_500, 20_000, 'never', 'n2')]),
    judged: [...REGISTER, 'broadcast-safety', 'fault-effect'],
  },
  {
    what: 'one leaves and comes back, one leaves for good',
    plan: (seed) =>
      withFaults(suite(seed, { nodes: 7 }), [leave(4000, 10_000, true, 'n2'), leave(6000, 7000, false, 'n5')]),
    judged: [...SAFE, 'fault-effect'],
    shows: (lines) => ups(lines, 'n2').length === 2 && ups(lines, 'n5').length === 1,
  },
  {
    what: 'a leave and a kill at once',
    plan: (seed) =>
      withFaults(suite(seed), [leave(6000, 9000, true, 'n2'), kill(6000, 12_000, 'with-state', 'n2', 'n3')]),
    judged: SAFE,
  },
  {
    what: 'members paused longer than their clients wait',
    plan: (seed) => ({
      ...withFaults(suite(seed), [pause(4000, 9000, 'n2', 'n3'), pause(12_000, 20_000, 'n4')]),
      operationTimeoutMs: 400,
    }),
    judged: [...SAFE, 'fault-effect'],
    shows: tookEffectLater,
  },
  {
    what: 'answers in another order than the questions',
    plan: (seed) => ({
      ...withFaults(suite(seed, { nodes: 4 }), [
        { type: 'delay', links: 'all', delayMs: 800, jitterMs: 800, atMs: 2000, untilMs: 18_000 },
        { type: 'slow', targets: ['n3'], blockMs: 300, everyMs: 1000, atMs: 2000, untilMs: 18_000 },
      ]),
    }),
    judged: SAFE,
  },
  {
    what: 'all write one key at once',
    plan: (seed) => {
      const plan = suite(seed);
      const names = plan.members.map(({ name }) => name);
      const rounds = [2000, 5000, 8000, 8000.5, 15_000].flatMap((atMs, round) => [
        ...names.map((name) => register(atMs, name, 'write', { key: 'k', value: `${name} ${round}` })),
        ...names.map((name) => register(atMs + 1, name, 'read', { key: 'k' })),
        register(atMs + 700, 'n1', 'delete', { key: 'k' }),
        ...names.map((name) => register(atMs + 1500, name, 'write', { key: 'k', value: `${name} ${round} again` })),
      ]);
      return withFaults(
        withOperations(
          plan,
          rounds.sort((a, b) => a.atMs - b.atMs),
        ),
        [{ type: 'clock-skew', targets: ['n2', 'n4'], skewMs: -60_000, atMs: 1000, untilMs: 10_000 }],
      );
    },
    judged: ['convergence', ...REGISTER, 'fault-effect'],
  },
  {
    what: 'reads before anything was written',
    plan: (seed) => {
      const plan = suite(seed);
      return withOperations(plan, [
        ...plan.members.map(({ name }) => register(1000, name, 'read', { key: 'k' })),
        ...plan.members.map(({ name }) => register(2000, name, 'delete', { key: 'k' })),
        register(9000, 'n1', 'write', { key: 'k', value: 'x' }),
        ...plan.members.map(({ name }) => register(9001, name, 'read', { key: 'k' })),
      ]);
    },
    judged: ['convergence', ...REGISTER],
  },
  {
    what: 'a member without state, which holds nothing when it is read',
    plan: (seed) => {
      const plan = suite(seed);
      return withFaults(
        withOperations(plan, [
          register(2000, 'n2', 'write', { key: 'k', value: 'x' }),
          register(5000, 'n2', 'read', { key: 'k' }),
          // As early as it may answer at all.
          ...Array.from({ length: 60 }, (_, i) => register(9000 + i * 5, 'n2', 'read', { key: 'k' })),
        ]),
        [kill(6000, 9000, 'without-state', 'n2')],
      );
    },
    judged: ['convergence', ...REGISTER, 'fault-effect'],
    shows: (lines) =>
      lines.some(
        (line) => line.type === 'ok' && line.time > 9e9 && JSON.stringify(line.value ?? '').includes('"value":null'),
      ),
  },
  {
    what: 'a write whose only holder dies for good',
    plan: (seed) => {
      const plan = suite(seed);
      return withFaults(
        withOperations(plan, [
          register(2000, 'n1', 'write', { key: 'kept', value: 'x' }),
          register(5999.9, 'n2', 'write', { key: 'lost', value: 'y' }),
        ]),
        [kill(6000, 9000, 'without-state', 'n2')],
      );
    },
    judged: ['convergence', 'lost-writes', 'phantom-values', 'version-order', 'fault-effect'],
  },
  {
    what: 'no operations at all',
    plan: (seed) => withOperations(suite(seed), []),
    judged: ['refutation', 'no-crash'],
  },
  {
    what: 'no operations at all, under faults',
    plan: (seed) => withOperations(suite(seed, {}, { partition: true, loss: '0.1', kill: '1' }), []),
    judged: ['refutation', 'no-crash', 'fault-effect'],
  },
  {
    what: 'a load of a second',
    plan: (seed) => suite(seed, { timeMs: 1000 }),
    judged: ['convergence', 'phantom-values', 'delivery', 'no-crash'],
  },
  {
    what: 'a fault from the very start to the very end',
    plan: (seed) =>
      withFaults(suite(seed), [{ type: 'loss', links: 'all', probability: 0.2, atMs: 0, untilMs: 20_000 }]),
    judged: [...SAFE, 'fault-effect'],
  },
];

it.each(UNUSUAL)('$what', ({ plan, judged, shows }) => {
  let shown = false;
  for (const seed of SEEDS) {
    const made = plan(seed);
    const lines: HistoryLine[] = [];
    const { properties } = runOnSim(made, { record: (line) => lines.push(line) });
    expect.soft(flaggedIn(properties), seed).toEqual([]);
    for (const name of judged) {
      const found = properties.filter((property) => property.name === name);
      expect
        .soft(
          found.map(({ verdict, reason }) => (verdict === 'valid' ? verdict : `${name} ${seed} ${verdict}: ${reason}`)),
          name,
        )
        .toEqual(found.map(() => 'valid'));
      expect.soft(found.length, name).toBeGreaterThan(0);
    }
    shown ||= shows === undefined || shows(lines, made);
  }
  expect(shown).toBe(true);
});
