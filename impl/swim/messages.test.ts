import { describe, it } from 'vitest';
import { familyValues, noMessages } from '../primitives/conformance.ts';
import { MAX_NUMBER } from '../primitives/membership-claims.ts';
import { ALIVE, SUSPECT, type Update } from '../primitives/membership-order.ts';
import { decodingConformance, expectToBear, mutated } from '../wire/conformance.ts';
import { decode, kindOf, type Message } from './messages.ts';
import { swim } from './swim.ts';

const u: readonly Update[] = [
  ['n1', 1, 0, ALIVE],
  ['n2', 3, 7, SUSPECT, 'n1'],
];
const good: readonly Message[] = [
  { k: 'ping', s: 1, i: 0, u },
  { k: 'req', s: 1, t: 'n3', i: 0, u },
  { k: 'ack', s: MAX_NUMBER, i: 0, u: [] },
  { k: 'iack', s: 1, t: 'n3', l: 1, j: 4, i: 0, u },
  { k: 'sync', q: true, i: 0, u },
  { k: 'news', i: 0, u },
];

describe('decode', () => {
  decodingConformance({
    decode,
    kindOf,
    good,
    bad: [...noMessages('news'), ['a target that is no name', { k: 'req', s: 1, t: 3, i: 0, u: [] }]],
  });

  it('what passes after a mutation never makes a member throw, nor send what would be refused', () => {
    const messages = mutated(good, ['k', 's', 't', 'l', 'j', 'q', 'i', 'u'], familyValues());
    expectToBear({ protocol: swim, messages, beforeMs: 0, afterMs: 3000, runs: 300, least: 300 });
  });
});
