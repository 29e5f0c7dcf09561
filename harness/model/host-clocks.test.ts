/** How far two members' times can be compared, from comparisons at both ends of a run. */
import { expect, test } from 'vitest';
import { HostClocks } from './host-clocks.ts';

const line = (hosts: readonly (readonly [string, readonly string[], number, number])[]) => ({
  type: 'clocks' as const,
  time: 0,
  hosts: hosts.map(([host, members, errorMs, uncertaintyMs]) => ({ host, members, errorMs, uncertaintyMs })),
});

test('without a comparison, and within one host, times are exact', () => {
  const clocks = new HostClocks();
  expect(clocks.betweenMs('n1', 'n2')).toBe(0);
  expect(clocks.mostBetweenMs).toBe(0);
  clocks.line(line([['a', ['n1', 'n2'], 0, 3]]));
  expect(clocks.betweenMs('n1', 'n2')).toBe(0);
  expect(clocks.mostBetweenMs).toBe(0);
  expect(clocks.boundMs('n1')).toBe(3);
});

test('between hosts both ends count, each as wide as the worse of its comparisons', () => {
  const clocks = new HostClocks();
  clocks.line(
    line([
      ['a', ['n1', 'n4'], 0, 0.5],
      ['b', ['n2'], 0, 2],
      ['c', ['n3'], 0, 0.1],
    ]),
  );
  clocks.line(
    line([
      ['a', ['n1', 'n4'], -1.5, 0.25],
      ['b', ['n2'], 0.5, 1],
      ['c', ['n3'], 0, 0.1],
    ]),
  );
  expect(clocks.betweenMs('n1', 'n2')).toBe(3.75);
  expect(clocks.betweenMs('n2', 'n1')).toBe(3.75);
  expect(clocks.betweenMs('n1', 'n4')).toBe(0);
  expect(clocks.betweenMs('n3', 'n1')).toBe(1.85);
  expect(clocks.mostBetweenMs).toBe(3.75);
  expect(clocks.mostMs).toBe(2);
});
