/** Delays on a machine that is itself late by as much: what each link's quickest message says where means say nothing. */
import { expect, it } from 'vitest';
import type { DelayFault } from '../../harness/model/fault.ts';
import { HostClocks } from '../../harness/model/host-clocks.ts';
import { delayEffect } from './delay-effects.ts';
import { control } from './link-evidence.ts';
import { TestHistory } from './test-history.ts';
import { linkSample } from './test-samples.ts';

const DELAY: DelayFault = { id: 'd', type: 'delay', links: 'all', delayMs: 100, jitterMs: 20, atMs: 0, untilMs: 9000 };
const MESSAGES = 50;
const bare = new TestHistory({ channels: [] }).context();

/** Messages took 130 ms on average without the fault, and with it as given. `links`: directed ones, of each kind. */
function effect(
  links: number,
  freeQuickestMs: number,
  delayedQuickestMs: readonly number[],
  meanMs = 140,
  isLate = true,
  waitedMs = 0,
) {
  const carried = (faults: readonly DelayFault[], meanMs: number, delayMin: number) =>
    linkSample(faults, { sent: MESSAGES, received: MESSAGES, delaySum: MESSAGES * meanMs, delayMin });
  const samples = Array.from({ length: links }, (_, link) => [
    carried([], 130, freeQuickestMs),
    carried([DELAY], meanMs, delayedQuickestMs[link % delayedQuickestMs.length] as number),
  ]).flat();
  const lateness = { betweenMs: () => waitedMs, isLarge: isLate, describe: () => '' };
  const context = { ...bare, cluster: 'netns', timeline: { ...bare.timeline, lateness } } as const;
  const all = { context, samples, alpha: 1e-7, clocks: new HostClocks() };
  return delayEffect(all, DELAY, control(all));
}

it('knows a delay from the quickest message of each link', () => {
  expect(effect(20, 0.2, [81, 95])).toMatchObject({
    outcome: 'as-asked',
    measured: '140 ms one-way on average, none below 81 ms',
  });
});

it('does not know it where one message was quicker than the delay lets any be', () => {
  expect(effect(20, 0.2, [95, 95, 95, 78]).outcome).toBe('no-evidence');
});

it('does not know it where messages without the fault are as slow', () => {
  expect(effect(20, 50, [81]).outcome).toBe('no-evidence');
});

it('does not know it from so few links that this may be chance', () => {
  expect(effect(3, 0.2, [81]).outcome).toBe('no-evidence');
});

it('does not take what a late machine adds to a mean for a delay that is too long, and nothing else', () => {
  expect(effect(20, 0.2, [81, 95], 400)).toMatchObject({ outcome: 'as-asked' });
  // The controls: a machine that was not late, and links on which even the quickest message took longer.
  expect(effect(20, 0.2, [81, 95], 400, false).outcome).toBe('off');
  expect(effect(20, 0.2, [81, 181], 400).outcome).toBe('off');
});

it('says nothing of a delay that is too long by no more than processes waited on a late machine', () => {
  const tooLong = [81, 181];
  expect(effect(20, 0.2, tooLong, 600, true, 400)).toMatchObject({ outcome: 'no-evidence' });
  // The controls: they waited for less than the excess, or the machine was not late.
  expect(effect(20, 0.2, tooLong, 600, true, 200).outcome).toBe('off');
  expect(effect(20, 0.2, tooLong, 600, false, 400).outcome).toBe('off');
});
