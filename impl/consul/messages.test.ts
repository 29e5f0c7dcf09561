import { describe, it } from 'vitest';
import { familyValues, noMessages } from '../primitives/conformance.ts';
import { MAX_NUMBER } from '../primitives/membership-claims.ts';
import { ALIVE, SUSPECT, type Update } from '../primitives/membership-order.ts';
import { decodingConformance, expectToBear, mutated } from '../wire/conformance.ts';
import { consul } from './consul.ts';
import { decode, kindOf, type Message } from './messages.ts';

const u: readonly Update[] = [
  ['n1', 1, 0, ALIVE],
  ['n2', 3, 7, SUSPECT, 'n1'],
];
const good: readonly Message[] = [
  { k: 'ping', s: 1, i: 0, u },
  { k: 'ack', s: MAX_NUMBER, i: 0, u: [] },
  { k: 'req', s: 1, t: 'n3', n: true, i: 0, u },
  { k: 'iack', s: 1, t: 'n3', l: 1, j: 4, i: 0, u },
  { k: 'nack', s: 1, i: 0, u },
  { k: 'sping', s: 1, i: 0, u: [] },
  { k: 'sack', s: 1, i: 0, u: [] },
  { k: 'sync', q: true, i: 0, u },
  { k: 'gossip', i: 0, u },
];

describe('decode', () => {
  decodingConformance({
    decode,
    kindOf,
    good,
    bad: [...noMessages('gossip'), ['a target that is no name', { k: 'req', s: 1, t: 3, n: true, i: 0, u: [] }]],
  });

  it('what passes after a mutation never makes a member throw, nor send what would be refused', () => {
    const messages = mutated(good, ['k', 's', 't', 'n', 'l', 'j', 'q', 'i', 'u'], familyValues());
    expectToBear({ protocol: consul, messages, beforeMs: 0, afterMs: 3000, runs: 300, least: 300 });
  });
});
