/**
 * Endings in which a core alone is healed: correct protocols hold there what they claim, and what is broken only there
 * is found. HEARSAY_SEEDS says how many drawn endings each protocol is tried with.
 */
import { describe, expect, it } from 'vitest';
import { consensus } from '../../impl/consensus/consensus.ts';
import { protocols } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { JUDGE_PARTS, KNOWLEDGE } from '../cli/parts.ts';
import { isolatedBy, outsidersOf } from '../model/core.ts';
import type { PlannedFault } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';
import { checkPlan } from '../model/plan-check.ts';
import { deadlineOf } from '../plan/make-plan.ts';
import { neverHeals } from '../proof/broken-clusters.ts';
import { planOf, propertyOf, runOnSim, seedCount } from '../proof/test-scenario.ts';
import { withCoreEnding } from './core-ending.ts';
import { drawTrial } from './draw-trial.ts';
import { broken, runTrial } from './trial.ts';

const SEEDS = seedCount(5);
const PATIENCE_MS = 30_000 + SEEDS * 2000;
const REAL = [...protocols.keys()].filter((name) => !name.startsWith('textbook/'));

function drawnEnding(protocol: string, seed: string): Plan | undefined {
  const space = { protocols: [protocol], nodes: [4, 9], timeMs: [10_000, 30_000], settings: 'drawn' } as const;
  const plan = drawTrial(space, seed, KNOWLEDGE, NEMESES);
  return plan === undefined || plan.closing.core !== undefined ? plan : withCoreEnding(plan, KNOWLEDGE, seed);
}

it.each(REAL)(
  '%s is not flagged where a core alone is healed',
  (protocol) => {
    let judged = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const plan = drawnEnding(protocol, `core ${seed}`);
      if (plan === undefined) continue;
      checkPlan(plan, KNOWLEDGE, 'the plan');
      expect(new Set(plan.faults.flatMap((fault) => isolatedBy(plan, fault)))).toEqual(new Set(outsidersOf(plan)));
      const { properties } = runTrial(plan, JUDGE_PARTS);
      expect(broken(properties), plan.seed).toEqual([]);
      if (properties.some(({ name, verdict }) => name !== 'fault-effect' && verdict === 'valid')) judged++;
    }
    expect(judged).toBeGreaterThan(SEEDS / 2);
  },
  PATIENCE_MS,
);

/** One of five is stopped, or cut off by a partition, from 5 s on; with the core it stays so. */
function oneOutside(protocol: string, way: 'pause' | 'partition', withCore: boolean): Plan {
  const plan = planOf('one outside', {}, { protocols: [protocol], nodes: 5, timeMs: 10_000 });
  const core = ['n1', 'n2', 'n3', 'n4'];
  const window = { id: 'outside', atMs: 5000, untilMs: 10_000 };
  const cuts = [
    { from: ['n5'], to: core },
    { from: core, to: ['n5'] },
  ];
  const fault: PlannedFault =
    way === 'pause'
      ? { type: 'pause', ...window, targets: ['n5'] }
      : { type: 'partition', ...window, shape: 'outside', cuts };
  const ended = { ...plan, faults: [fault], closing: { ...plan.closing, ...(withCore ? { core } : {}) } };
  return { ...ended, closing: { ...ended.closing, deadlineMs: deadlineOf(ended, KNOWLEDGE.protocols) } };
}

describe.each(['pause', 'partition'] as const)('with one member left out by a %s', (way) => {
  it('a protocol that waits for everybody is convicted, and only where the member stays out', () => {
    const waitsForAll = {
      ...consensus,
      init: (ctx: Parameters<typeof consensus.init>[0]) => ({
        ...consensus.init(ctx),
        quorum: () => ctx.roster.length,
      }),
    };
    const verdict = (withCore: boolean, swap = {}) =>
      propertyOf(runOnSim(oneOutside('consensus', way, withCore), { swap }).properties, 'consensus-termination')
        .verdict;
    expect(verdict(true, { consensus: waitsForAll })).toBe('invalid');
    expect(verdict(false, { consensus: waitsForAll })).toBe('valid');
    expect(verdict(true)).toBe('valid');
  });

  it('the core agrees on itself alone, and stops waiting for the one outside', () => {
    const { properties } = runOnSim(oneOutside('swim', way, true));
    expect(propertyOf(properties, 'convergence')).toMatchObject({ verdict: 'valid', judged: 4 });
    expect(propertyOf(properties, 'detection').verdict).toBe('valid');
    expect(propertyOf(properties, 'fault-effect').verdict).toBe('valid');
  });
});

it('a protocol that never gives up who stays out is convicted', () => {
  const swim = protocols.get('swim');
  if (swim === undefined) throw new Error('swim is registered');
  // Deaf to its own timers after the first second: nobody is probed any more.
  const neverProbes = { ...swim, handle: quietAfter(swim.handle) };
  const { properties } = runOnSim(oneOutside('swim', 'pause', true), { swap: { swim: neverProbes } });
  expect(propertyOf(properties, 'detection').verdict).toBe('invalid');
});

type Handle = NonNullable<ReturnType<typeof protocols.get>>['handle'];

function quietAfter(handle: Handle): Handle {
  return (state, event, ctx) => {
    if (event.type === 'timer' && ctx.monotonic() > 1000) return;
    handle(state, event, ctx);
  };
}

it('a cluster that leaves the core broken is convicted', () => {
  const plan = oneOutside('swim', 'pause', true);
  const sides = [
    { from: ['n1', 'n2'], to: ['n3', 'n4'] },
    { from: ['n3', 'n4'], to: ['n1', 'n2'] },
  ];
  const cut: PlannedFault = { type: 'partition', id: 'cut', shape: 'halves', cuts: sides, atMs: 4000, untilMs: 10_000 };
  const torn = { ...plan, faults: [...plan.faults, cut] };
  expect(propertyOf(runOnSim(torn, { bend: neverHeals }).properties, 'convergence').verdict).toBe('invalid');
  expect(propertyOf(runOnSim(torn).properties, 'convergence').verdict).toBe('valid');
});

it('consensus without a quorum in the core is beyond the claims', () => {
  const plan = oneOutside('consensus', 'partition', true);
  const core = ['n1', 'n2'];
  const out = ['n3', 'n4', 'n5'].map(
    (name): PlannedFault => ({
      type: 'kill',
      id: `out-${name}`,
      targets: [name],
      restart: 'never',
      atMs: 5000,
      untilMs: 10_000,
    }),
  );
  const { properties } = runOnSim({ ...plan, faults: out, closing: { ...plan.closing, core } });
  expect(propertyOf(properties, 'consensus-termination')).toMatchObject({ verdict: 'not-applicable' });
  expect(propertyOf(properties, 'consensus-safety').verdict).toBe('valid');
});

it('a core that is none, or that leaves out who is not cut off, is refused', () => {
  const plan = oneOutside('swim', 'pause', true);
  const check =
    (core: readonly string[], faults = plan.faults) =>
    () =>
      checkPlan({ ...plan, faults, closing: { ...plan.closing, core } }, KNOWLEDGE, 'p');
  expect(check(['n1', 'n2', 'n3', 'n4'])).not.toThrow();
  expect(check(['n1', 'n9'])).toThrow('closing.core[1] is no member');
  expect(check(['n1', 'n1'])).toThrow('closing.core[1] is named twice');
  expect(check(['n1', 'n2', 'n3', 'n4', 'n5'])).toThrow('closing.core has every member');
  expect(check(['n1', 'n2', 'n3'])).toThrow('not cut off at the heal (given: n4');
  expect(check(['n1', 'n2', 'n3', 'n4'], [])).toThrow('not cut off at the heal');
});
