/** Consensus under whole plans: the correct one is spared, planted bugs are convicted on the same plans. */
import { describe, expect, it } from 'vitest';
import { consensus } from '../../impl/consensus/consensus.ts';
import {
  consensusForgetsVotes,
  consensusMajorityOfKnown,
  consensusNewLifeVotes,
  consensusTellsNobody,
} from '../../impl/consensus/planted-bugs.ts';
import type { AnyProtocol } from '../../impl/protocol.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { PropertyResult } from '../model/verdict.ts';
import { drawnPlan, planOf, propertyOf, runOnSim, seedCount } from './test-scenario.ts';

function safety(plan: Plan, protocol: AnyProtocol = consensus): PropertyResult {
  return propertyOf(runOnSim(plan, { swap: { consensus: protocol } }).properties, 'consensus-safety');
}

const only = { protocols: ['consensus'] };
/** Consensus has no lies to tell. */
const crashFaults = NEMESES.filter((nemesis) => nemesis.type !== 'byzantine');

/** Undefined for a draw that no plan can be made of: churn at too low a rate for a short load. */
function tryDraw(seed: string): Plan | undefined {
  try {
    return drawnPlan(seed, only.protocols, crashFaults);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

describe('consensus in the simulator', () => {
  it('decides every instance without faults, and all agree', () => {
    const { properties } = runOnSim(planOf('quiet', {}, only), { codec: true });
    expect(propertyOf(properties, 'consensus-safety')).toMatchObject({ verdict: 'valid', violations: 0 });
    const termination = propertyOf(properties, 'consensus-termination');
    expect(termination).toMatchObject({ verdict: 'valid', violations: 0 });
    expect(termination.judged).toBeGreaterThan(15);
  });

  it('never changes a message that it has sent', () => {
    const plan = planOf('codec', { kill: true, loss: '0.2' }, only);
    expect(runOnSim(plan, { codec: true }).hash).toBe(runOnSim(plan).hash);
  });

  it('is not flagged on drawn plans of all faults', () => {
    const verdicts = new Map<string, number>();
    const plans = seedCount(100);
    for (let run = 0, draw = 0; run < plans; run++) {
      let plan: Plan | undefined;
      while (plan === undefined) plan = tryDraw(`consensus ${draw++}`);
      for (const property of runOnSim(plan).properties) {
        expect(property.verdict, `${plan.seed}: ${property.name}: ${property.reason}`).not.toBe('invalid');
        const key = `${property.name} ${property.verdict}`;
        verdicts.set(key, (verdicts.get(key) ?? 0) + 1);
      }
    }
    expect(verdicts.get('consensus-safety valid')).toBe(plans);
    expect(verdicts.get('consensus-termination unknown') ?? 0).toBe(0);
    expect(verdicts.get('consensus-termination valid')).toBeGreaterThan(plans / 2);
  }, 300_000);
});

/**
 * Under heavy load everything goes through one member, the hub, so that it sees quorums first; then nobody hears it any
 * more though it still hears all, so that what it decides last nobody else knows; then all others are killed, and come
 * back while it is cut off. The clients go on asking them for old instances and new ones.
 */
function splitPlan(seed: string, restart: 'with-state' | 'without-state'): Plan {
  const plan = planOf(seed, {}, { ...only, nodes: 5, timeMs: 12_000, ratePerSecond: 150 });
  // The last in the roster wins its duels in the first round, so the others have not made its ballots themselves.
  const names = plan.members.map((member) => member.name);
  const hub = names.slice(-1);
  const rest = names.slice(0, -1);
  const star = rest.map((name) => ({ from: [name], to: rest.filter((other) => other !== name) }));
  const fromHub = { from: hub, to: rest };
  const toHub = { from: rest, to: hub };
  const partition = { type: 'partition', shape: 'random' } as const;
  return {
    ...plan,
    operations: plan.operations.filter((operation) => operation.atMs > 1500 && operation.atMs < 3000),
    faults: [
      { id: 'partition-1', ...partition, cuts: star, atMs: 1000, untilMs: 2000 },
      { id: 'partition-2', ...partition, cuts: [fromHub], atMs: 1950, untilMs: 2000 },
      { id: 'partition-3', ...partition, cuts: [fromHub, toHub], atMs: 2000, untilMs: 12_000 },
      { id: 'kill-1', type: 'kill', targets: rest, restart, atMs: 2000, untilMs: 2300 },
    ],
  };
}

describe('planted bugs in the simulator', () => {
  const seeds = Array.from({ length: 6 }, (_, i) => `split ${i}`);
  const convicted = (protocol: AnyProtocol, planFor: (seed: string) => Plan): PropertyResult[] =>
    seeds.map((seed) => safety(planFor(seed), protocol)).filter((property) => property.violations > 0);

  it('convicts a quorum of known values at once, and spares a quorum of the plan', () => {
    const planFor = (seed: string) => planOf(seed, { partition: true }, only);
    for (const property of convicted(consensusMajorityOfKnown, planFor)) {
      expect(property.verdict).toBe('invalid');
      expect(property.witness?.summary).toMatch(/^Agreement: /);
    }
    expect(convicted(consensusMajorityOfKnown, planFor)).toHaveLength(seeds.length);
    expect(convicted(consensus, planFor)).toEqual([]);
  });

  it('convicts a restart that forgets its votes, and spares one that does not', () => {
    const planFor = (seed: string) => splitPlan(seed, 'with-state');
    expect(convicted(consensusForgetsVotes, planFor).map(({ verdict }) => verdict)).toContain('invalid');
    expect(convicted(consensus, planFor)).toEqual([]);
  }, 120_000);

  it('convicts a new life that votes, and spares one that only learns', () => {
    const planFor = (seed: string) => splitPlan(seed, 'without-state');
    expect(convicted(consensusNewLifeVotes, planFor).map(({ verdict }) => verdict)).toContain('invalid');
    expect(convicted(consensus, planFor)).toEqual([]);
  }, 120_000);

  it('convicts decisions that are not handed on, and spares a quick end after a cut that lasts to the heal', () => {
    const plan = planOf('told', {}, { ...only, nodes: 5, timeMs: 10_000 });
    const names = plan.members.map((member) => member.name);
    const cuts = names.map((name) => ({ from: [name], to: names.filter((other) => other !== name) }));
    const fault = { id: 'partition-1', type: 'partition', shape: 'ring', cuts, atMs: 2000, untilMs: 10_000 } as const;
    const one = { ...fault, shape: 'one', cuts: cuts.slice(0, 1) };
    const terminationOf = (faults: Plan['faults'], protocol: AnyProtocol): PropertyResult =>
      propertyOf(runOnSim({ ...plan, faults }, { swap: { consensus: protocol } }).properties, 'consensus-termination');
    const found = terminationOf([one], consensusTellsNobody);
    expect(found.verdict).toBe('invalid');
    expect(found.witness?.summary).toMatch(/^Termination: instance \d+ was never decided by /);
    for (const faults of [[one], [fault]]) expect(terminationOf(faults, consensus).verdict).toBe('valid');
  });
});
