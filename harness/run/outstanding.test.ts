import { expect, test } from 'vitest';
import type { Observation } from '../../impl/protocol.ts';
import { Outstanding } from './outstanding.ts';

const RULE = { channel: 'b', obliged: new Set(['n1', 'n2']), delivers: true };
const accepted: Observation = { kind: 'broadcast', operation: 1, sequence: 0 };
const delivered: Observation = { kind: 'deliver', origin: 'n1', originLife: 1, sequence: 0, value: 'x' };

test('a broadcast is outstanding until everyone who owes it has delivered it', () => {
  const outstanding = new Outstanding([RULE]);
  expect(outstanding.count).toBe(0);
  outstanding.observe('n1', 1, 'b', accepted);
  expect(outstanding.count).toBe(1);
  outstanding.observe('n1', 1, 'b', delivered);
  outstanding.observe('n1', 1, 'b', delivered);
  outstanding.observe('n3', 1, 'b', delivered);
  expect(outstanding.count).toBe(1);
  outstanding.observe('n2', 1, 'b', delivered);
  outstanding.observe('n1', 1, 'b', delivered);
  expect(outstanding.count).toBe(0);
});

test('what one of them delivers all owe, whoever the origin is; what a liar accepts nobody does', () => {
  const outstanding = new Outstanding([RULE]);
  outstanding.observe('n3', 1, 'b', accepted);
  expect(outstanding.count).toBe(0);
  outstanding.observe('n1', 1, 'b', { ...delivered, origin: 'n3' });
  expect(outstanding.count).toBe(1);
});

test('lives are told apart, and channels without the rule are left out', () => {
  const outstanding = new Outstanding([RULE, { channel: 'c', obliged: new Set(['n1']), delivers: false }]);
  outstanding.observe('n1', 1, 'b', accepted);
  outstanding.observe('n1', 2, 'b', accepted);
  outstanding.observe('n1', 1, 'c', accepted);
  expect(outstanding.count).toBe(2);
});
