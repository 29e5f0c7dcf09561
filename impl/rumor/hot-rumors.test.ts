import { describe, expect, it } from 'vitest';
import { Contacts } from './contacts.ts';
import { type HotRumors, heat, nextBatches } from './hot-rumors.ts';
import { DATAGRAM_BYTES, type Rumor, rumorBytes } from './messages.ts';

const LARGE = 'x'.repeat(500);
const rumor = (sequence: number, value = LARGE): Rumor => ['n1', 1, sequence, value];

function hot(...sequences: number[]): HotRumors {
  const rumors: HotRumors = new Map();
  for (const sequence of sequences) heat(rumors, rumor(sequence));
  return rumors;
}

const told = (rumors: HotRumors, most: number, to?: string) => {
  const { batches, waiting } = nextBatches(rumors, to, most);
  return { batches: batches.map((batch) => batch.map((one) => one.rumor[2])), waiting };
};

describe('nextBatches', () => {
  it('tells all where they fit, in the order in which they became hot', () => {
    expect(2 * rumorBytes(rumor(1))).toBeLessThanOrEqual(DATAGRAM_BYTES);
    expect(told(hot(1, 2, 3), 2)).toEqual({ batches: [[1, 2], [3]], waiting: false });
  });

  it('takes turns where not all fit, those told least often first', () => {
    const rumors = hot(1, 2, 3, 4);
    expect(told(rumors, 1)).toEqual({ batches: [[1, 2]], waiting: true });
    heat(rumors, rumor(5));
    expect(told(rumors, 1).batches).toEqual([[3, 4]]);
    expect(told(rumors, 1).batches).toEqual([[5, 1]]);
  });

  it('leaves out what the partner has told', () => {
    const rumors = hot(1, 2);
    rumors.get('n1/1/1')?.tellers.add('n2/1');
    expect(told(rumors, 5, 'n2/1').batches).toEqual([[2]]);
    expect(told(rumors, 5, 'n2/2').batches).toEqual([[1, 2]]);
  });
});

describe('contacts', () => {
  it('have numbers that start anew after 32 bits', () => {
    const contacts = new Contacts(2 ** 32 - 1);
    expect([contacts.next(), contacts.next()]).toEqual([2 ** 32 - 1, 0]);
  });

  it('are known until they end, or are the oldest of too many', () => {
    const contacts = new Contacts(7);
    contacts.awaitFeedback(['a'], 2);
    const [second, third] = [contacts.awaitFeedback(['b'], 2), contacts.awaitFeedback(['c'], 2)];
    expect([7, second, third].map((contact) => contacts.toldIn(contact))).toEqual([undefined, ['b'], ['c']]);
    contacts.end(second);
    expect(contacts.toldIn(second)).toBeUndefined();
  });
});
