/** Whatever crashes while judging, nothing that it was needed for may be called valid. */
import { expect, test } from 'vitest';
import type { Plan } from '../model/plan.ts';
import { combine } from '../model/verdict.ts';
import { createJudge, type JudgeParts } from './judge.ts';

const plan: Plan = {
  format: 'hearsay-plan',
  version: 1,
  seed: 's',
  members: [{ name: 'n1', startAtMs: 0 }],
  channels: [],
  workloads: [],
  operations: [],
  faults: [],
  operationTimeoutMs: 1000,
  closing: { healAtMs: 1000, pollEveryMs: 100, deadlineMs: 1000 },
  network: { latencyMs: 1, jitterMs: 0 },
};

const fine = { name: 'fine', verdict: 'valid', reason: 'all is well', judged: 1, violations: 0 } as const;
const crash = (): never => {
  throw new TypeError('nobody thought of that');
};

function judge(broken: 'nothing' | 'timeline' | 'metrics' | 'the end of metrics' | 'a checker') {
  const parts = {
    protocols: new Map(),
    checkers: [
      { name: 'fine', create: () => ({ wants: ['phase'], line: () => undefined, end: () => [fine] }) },
      ...(broken === 'a checker'
        ? [{ name: 'shaky', create: () => ({ wants: ['phase'], line: crash, end: () => [fine] }) }]
        : []),
    ],
    createTimeline: () => ({ line: broken === 'timeline' ? crash : () => undefined }),
    createMetrics: () => ({
      line: broken === 'metrics' ? crash : () => undefined,
      end: broken === 'the end of metrics' ? crash : () => ({ operations: 1 }),
    }),
  } as unknown as JudgeParts;
  const judged = createJudge(plan, 'sim', parts);
  judged.line({ type: 'phase', time: 0, phase: 'load' });
  judged.line({ type: 'phase', time: 1, phase: 'heal' });
  return judged.end();
}

test('where nothing crashes, the verdict stands', () => {
  expect(judge('nothing')).toEqual({ properties: [fine], metrics: { operations: 1 } });
});

test.each([
  ['timeline', ['fine'], { operations: 1 }],
  ['metrics', ['metrics'], {}],
  ['the end of metrics', ['metrics'], {}],
  ['a checker', ['shaky'], { operations: 1 }],
] as const)('a crash of %s is unknown', (broken, names, metrics) => {
  const { properties, metrics: measured } = judge(broken);
  const unknown = properties.filter(({ verdict }) => verdict === 'unknown');
  expect(unknown.map(({ name }) => name)).toEqual(names);
  for (const { reason } of unknown) expect(reason).toContain('nobody thought of that');
  expect(combine(properties)).toBe('unknown');
  expect(measured).toEqual(metrics);
});

test('an overrun machine is named where something is wanting, and not where all is well', () => {
  const sentence = 'the machine was overrun';
  const overrunOf = (verdict: 'valid' | 'invalid' | 'unknown', isLarge: boolean, reason = '') => {
    const parts = {
      protocols: new Map(),
      checkers: [
        {
          name: 'one',
          create: () => ({ wants: [], line: () => undefined, end: () => [{ ...fine, verdict, reason }] }),
        },
      ],
      createTimeline: () => ({ line: () => undefined, lateness: { isLarge, describe: () => sentence } }),
    } as unknown as JudgeParts;
    return createJudge(plan, 'local', parts).end().overrun;
  };
  expect(overrunOf('valid', true)).toBeUndefined();
  expect(overrunOf('invalid', true)).toBe(sentence);
  expect(overrunOf('unknown', true)).toBe(sentence);
  expect(overrunOf('invalid', false)).toBeUndefined();
  expect(overrunOf('unknown', false, `too late: ${sentence}`)).toBe(sentence);
});
