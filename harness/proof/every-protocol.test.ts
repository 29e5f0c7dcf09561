/**
 * Every protocol runs by its name, alone, in the simulator and as processes, driven by every workload it offers: all
 * members come up, clients get answers, and a correct one is judged valid. What is naive need not please the judge here
 * (textbook.test.ts is about that), and a crash is one of its flaws.
 */
import { describe, expect, it } from 'vitest';
import { protocols } from '../../impl/registry.ts';
import { JUDGE_PARTS } from '../cli/parts.ts';
import { openLocal } from '../clusters/local/local.ts';
import type { HistoryLine } from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import { combine, type PropertyResult } from '../model/verdict.ts';
import { runPlan } from '../run/run-plan.ts';
import { whileAwake } from './busy-machine.ts';
import { planOf, runOnSim } from './test-scenario.ts';

const MEMBERS = 4;
/** What never agrees would be waited for until its bound has passed. */
const NAIVE_DEADLINE_MS = 2000;

interface Run {
  readonly lines: readonly HistoryLine[];
  readonly properties: readonly PropertyResult[];
}

const isNaive = (name: string): boolean => name.startsWith('textbook/');

function planFor(name: string): Plan {
  const plan = planOf('every protocol', {}, { protocols: [name], nodes: MEMBERS, timeMs: 4000, ratePerSecond: 5 });
  return isNaive(name) ? { ...plan, closing: { ...plan.closing, deadlineMs: NAIVE_DEADLINE_MS } } : plan;
}

function onSim(plan: Plan): Run {
  const lines: HistoryLine[] = [];
  const { properties } = runOnSim(plan, { record: (line) => lines.push(line) });
  return { lines, properties };
}

async function onLocal(plan: Plan): Promise<Run> {
  const lines: HistoryLine[] = [];
  const record = (line: HistoryLine): void => void lines.push(line);
  const { properties } = await runPlan({ plan, cluster: 'local', open: openLocal, parts: JUDGE_PARTS, record });
  return { lines, properties };
}

function expectToWork(name: string, plan: Plan, { lines, properties }: Run): void {
  const up = lines.filter((line) => line.type === 'member' && line.event === 'up');
  expect(up, 'members that came up').toHaveLength(MEMBERS);
  const invoked = new Set(lines.flatMap((line) => (line.type === 'invoke' ? [line.f] : [])));
  expect(invoked).toEqual(new Set(plan.operations.map((operation) => operation.f)));
  const talked = lines.some((line) => line.type === 'traffic' && Object.keys(line.sent).length > 0);
  expect(talked, 'members spoke with each other').toBe(true);
  // Every workload plans operations; only where there is none are there none.
  expect(plan.operations.length > 0).toBe(plan.workloads.length > 0);
  if (plan.operations.length > 0) expect(lines.filter((line) => line.type === 'ok').length).toBeGreaterThan(0);
  if (!isNaive(name)) expect(combine(properties), JSON.stringify(properties.map((p) => p.reason))).toBe('valid');
}

it.each([...protocols.keys()])('%s runs in the simulator', (name) => {
  const plan = planFor(name);
  expectToWork(name, plan, onSim(plan));
});

describe('as processes', () => {
  it.concurrent.each([...protocols.keys()])(
    '%s runs',
    async (name) => {
      const plan = planFor(name);
      expectToWork(name, plan, await (isNaive(name) ? onLocal(plan) : whileAwake(() => onLocal(plan))));
    },
    120_000,
  );
});

it('every workload of every protocol is among those tried', () => {
  for (const [name, protocol] of protocols) {
    expect(planFor(name).workloads.map((workload) => workload.name)).toEqual(protocol.workloads);
  }
});
