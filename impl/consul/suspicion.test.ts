import { describe, expect, it } from 'vitest';
import { pushPullScale } from '../primitives/push-pull-scale.ts';
import {
  confirm,
  confirmationsOf,
  remainingOf,
  remainingSuspicionMs,
  retransmitLimit,
  type Suspicion,
  suspicionTimeoutMs,
  usefulConfirmations,
} from './suspicion.ts';

// memberlist util_test.go and suspicion_test.go.
describe("memberlist's published figures", () => {
  it.each([
    [0, 1000],
    [5, 1000],
    [10, 1000],
    [50, 1698],
    [100, 2000],
    [500, 2698],
    [1000, 3000],
  ])('suspicionTimeout, multiplier 1, 1 s, n = %i: %i ms', (n, expected) => {
    expect(suspicionTimeoutMs(1, n, 1000)).toBe(expected);
    expect(suspicionTimeoutMs(4, n, 1000)).toBe(4 * expected);
  });

  it.each([
    [0, 0],
    [1, 3],
    [9, 3],
    [10, 6],
    [99, 6],
    [100, 9],
    [999, 9],
  ])('retransmitLimit, multiplier 3, n = %i: %i', (n, expected) => {
    expect(retransmitLimit(3, n)).toBe(expected);
  });

  it.each([
    [1, 1],
    [32, 1],
    [33, 2],
    [64, 2],
    [65, 3],
    [128, 3],
    [129, 4],
  ])('pushPullScale, n = %i: %i', (n, expected) => {
    expect(pushPullScale(n)).toBe(expected);
  });

  it.each([
    [0, 0, 30_000],
    [1, 2000, 14_000],
    [2, 3000, 4810],
    [3, 4000, -2000],
    [4, 5000, -3000],
    [5, 10_000, -8000],
  ])('remaining suspicion, k = 3, 2 s to 30 s, %i confirmations after %i ms: %i ms', (c, elapsedMs, expected) => {
    expect(remainingSuspicionMs(c, 3, elapsedMs, 2000, 30_000)).toBe(expected);
  });
});

describe('confirmations', () => {
  const suspicion = (k: number): Suspicion => ({
    life: 1,
    incarnation: 0,
    startedAt: 1000,
    leastMs: 2000,
    mostMs: 30_000,
    k,
    accusers: new Set(['n1']),
  });

  it('count once for each member that is not the first accuser, and k of them at most', () => {
    const one = suspicion(2);
    expect(['n1', 'n2', 'n2', 'n3', 'n4'].map((by) => confirm(one, by))).toEqual([false, true, false, true, false]);
    expect(confirmationsOf(one)).toBe(2);
  });

  it('shorten what is left, down to the least duration', () => {
    const one = suspicion(2);
    expect(remainingOf(one, 2000)).toBe(29_000);
    confirm(one, 'n2');
    expect(remainingOf(one, 2000)).toBe(30_000 - Math.ceil((28_000 * Math.log(2)) / Math.log(3)) - 1000);
    confirm(one, 'n3');
    expect(remainingOf(one, 2000)).toBe(1000);
    expect(remainingOf(one, 5000)).toBe(-2000);
  });

  it('are not waited for where k is 0', () => {
    const one = suspicion(0);
    expect(confirm(one, 'n2')).toBe(false);
    expect(remainingOf(one, 1500)).toBe(1500);
  });

  it.each([
    [2, 7, 2],
    [2, 4, 2],
    [2, 3, 0],
    [3, 4, 0],
    [0, 2, 0],
  ])('K = %i of %i members: %i are waited for (memberlist suspectNode)', (k, n, expected) => {
    expect(usefulConfirmations(k, n)).toBe(expected);
  });
});
