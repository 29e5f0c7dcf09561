import { expect, it } from 'vitest';
import type { TrafficLine } from '../model/history.ts';
import type { PropertyResult, Verdict } from '../model/verdict.ts';
import { type RealRun, whileAwake } from './busy-machine.ts';

const property = (name: string, verdict: Verdict): PropertyResult => ({
  name,
  verdict,
  reason: '',
  judged: 1,
  violations: 0,
});
const traffic = (stalledMs: number): TrafficLine => ({
  type: 'traffic',
  time: 1,
  member: 'n1',
  life: 1,
  since: 0,
  sent: {},
  received: {},
  dropped: {},
  wallAheadMs: 0,
  monotonicMs: 1,
  stalledMs,
});
const LATE = property('detection', 'invalid');

async function triesOf(properties: readonly PropertyResult[], stalledMs: number, isLate = false): Promise<number> {
  let tries = 0;
  const run = async (): Promise<RealRun> => {
    tries++;
    return { lines: [traffic(stalledMs)], properties };
  };
  await whileAwake(run, () => isLate);
  return tries;
}

it('makes a run again only where somebody stood still and was late, and not for ever', async () => {
  expect(await triesOf([LATE], 2000)).toBe(3);
  expect(await triesOf([property('detection', 'valid')], 2000, true)).toBe(3);
  expect(await triesOf([LATE], 10)).toBe(1);
  expect(await triesOf([property('detection', 'valid')], 2000)).toBe(1);
});

it('makes a run again that was too late to say anything', async () => {
  expect(await triesOf([property('estimate', 'unknown')], 10)).toBe(3);
  expect(await triesOf([property('estimate', 'unknown'), property('mass-conservation', 'valid')], 10)).toBe(3);
  expect(await triesOf([property('estimate', 'unknown'), property('mass-conservation', 'unknown')], 10)).toBe(1);
  expect(await triesOf([property('estimate', 'unknown'), LATE], 10)).toBe(1);
});

it('excuses nothing that may never happen', async () => {
  expect(await triesOf([LATE, property('consensus-safety', 'invalid')], 2000)).toBe(1);
  expect(await triesOf([property('lost-writes', 'invalid')], 2000)).toBe(1);
});
