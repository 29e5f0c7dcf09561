/** Which subnets get into each other's way. */
import { expect, test } from 'vitest';
import { overlaps } from './network.ts';

test.each([
  ['198.18.7.0/24', '198.18.7.0/24', true],
  ['198.18.7.0/24', '198.18.8.0/24', false],
  ['198.18.0.0/16', '198.18.8.0/24', true],
  ['198.19.255.3/32', '198.19.255.0/24', true],
  ['0.0.0.0/0', '198.18.8.0/24', true],
  ['10.0.0.0/8', '198.18.8.0/24', false],
  ['fd00::/8', '198.18.8.0/24', false],
])('%s and %s', (some, other, outcome) => {
  expect(overlaps(some, other)).toBe(outcome);
  expect(overlaps(other, some)).toBe(outcome);
});
