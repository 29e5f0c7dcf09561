/**
 * Where a plan goes beyond what a protocol claims, what is broken is counted and shown, and convicts nobody; where it
 * stays within, the same is a conviction. Probable claims are judged by how likely what was seen is.
 */
import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../model/fault.ts';
import type { HistoryLine } from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import { type History, insertAfter, isKind, judgeHistory, without } from './test-history.ts';
import { planOf, propertyOf, runOnSim } from './test-scenario.ts';

function told(plan: Plan): History {
  const lines: HistoryLine[] = [];
  runOnSim(plan, { record: (line) => lines.push(line) });
  return lines;
}

const lies = (...targets: readonly string[]): PlannedFault => ({
  id: 'lies',
  type: 'byzantine',
  channel: 'bracha',
  behaviour: 'withhold',
  targets,
  atMs: 0,
  untilMs: 15_000,
});
const forgets = (...targets: readonly string[]): PlannedFault => ({
  id: 'kill',
  type: 'kill',
  restart: 'without-state',
  targets,
  atMs: 5000,
  untilMs: 8000,
});
const leaves = (...targets: readonly string[]): PlannedFault => ({
  id: 'leave',
  type: 'leave',
  rejoin: false,
  targets,
  atMs: 9000,
  untilMs: 10_000,
});
const returns = (...targets: readonly string[]): PlannedFault =>
  ({ ...forgets(...targets), restart: 'with-state' }) as PlannedFault;

describe('reliable broadcast among four, of which one may be faulty', () => {
  it.each([
    ['one lies', [lies('n4')], 'within'],
    ['one lies and loses its state', [lies('n4'), forgets('n4')], 'within'],
    ['one lies, two restart with state', [lies('n4'), returns('n2', 'n3')], 'within'],
    ['one lies, another loses its state', [lies('n4'), forgets('n3')], 'beyond'],
    ['two lose their state', [forgets('n3', 'n4')], 'beyond'],
    ['one loses its state, another leaves', [forgets('n3'), leaves('n4')], 'beyond'],
  ] as const)('%s', (_, faults, side) => {
    const base = planOf('beyond', {}, { protocols: ['bracha'], nodes: 4, timeMs: 15_000 });
    const plan = { ...base, faults };
    const lines = told(plan);
    const sound = propertyOf(judgeHistory(plan, lines), 'broadcast-safety');
    expect(sound.verdict).toBe(side === 'within' ? 'valid' : 'not-applicable');
    expect(sound.beyondClaims === undefined).toBe(side === 'within');

    const delivery = lines.find((line) => isKind('deliver')(line) && line.member === 'n1');
    const twice = delivery === undefined ? lines : insertAfter(lines, delivery, delivery);
    const broken = propertyOf(judgeHistory(plan, twice), 'broadcast-safety');
    expect(broken.verdict).toBe(side === 'within' ? 'invalid' : 'not-applicable');
    expect(broken).toMatchObject({ violations: sound.violations + 1, details: { noDuplication: 1 } });
    expect(broken.witness?.summary).toMatch(/n1/);
  });
});

it('takes single misses of a rumor for the residue, and many for a defect', () => {
  const plan = planOf('residue', {}, { protocols: ['swim', 'rumor'], timeMs: 30_000 });
  const lines = told(plan);
  const deliveries = lines.filter(isKind('deliver', 'rumor')).filter((line) => line.member !== line.origin);
  const judged = (every: number) => {
    const gone = new Set<HistoryLine>(deliveries.filter((_, i) => i % every === 0));
    return propertyOf(
      judgeHistory(
        plan,
        without(lines, (line) => gone.has(line)),
      ),
      'coverage',
    );
  };
  expect(judged(deliveries.length)).toMatchObject({ verdict: 'valid', details: { missed: 1 } });
  expect(judged(4)).toMatchObject({ verdict: 'invalid' });
});
