import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeVersion } from '../primitives/hybrid-clock.ts';
import { entriesOf } from '../primitives/map-entry.ts';
import { type Entry, VersionedMap } from '../primitives/versioned-map.ts';
import { answerDigest, answerProbe, answerWant, opening, type Reply } from './exchange.ts';
import { decodeMessage, type Flow, type Message } from './messages.ts';

interface Talk {
  readonly messages: Message[];
  readonly streamed: number;
}

/** One exchange with every message delivered, through decode. */
function exchange(initiator: VersionedMap, responder: VersionedMap, flow: Flow): Talk {
  const messages: Message[] = [];
  let streamed = 0;
  const queue: { to: VersionedMap; reply: Reply }[] = [
    { to: responder, reply: { message: opening(initiator, flow), stream: false } },
  ];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { to, reply } = next;
    messages.push(reply.message);
    if (reply.stream) streamed++;
    else expect(encode(reply.message).length).toBeLessThanOrEqual(1200);
    const message = decodeMessage(structuredClone(reply.message));
    if (message === undefined) throw new Error(`refused: ${JSON.stringify(reply.message)}`);
    const other = to === initiator ? responder : initiator;
    const answers = message.type === 'entries' ? [] : answer(to, message);
    if (message.type === 'entries') {
      for (const entry of entriesOf(message.items)) if (to.wins(entry)) to.put(entry);
    }
    for (const each of answers) queue.push({ to: other, reply: each });
  }
  return { messages, streamed };
}

function answer(map: VersionedMap, message: Exclude<Message, { type: 'entries' }>): Reply[] {
  if (message.type === 'probe') return answerProbe(map, message);
  return message.type === 'digest' ? answerDigest(map, message) : answerWant(map, message);
}

const entry: fc.Arbitrary<Entry> = fc
  .record({ key: fc.integer({ min: 0, max: 80 }), wallMs: fc.integer({ min: 0, max: 4 }), wide: fc.boolean() })
  .map(({ key, wallMs, wide }) => ({
    key: wide ? `k${key}-${'ä'.repeat(50)}` : `k${key}`,
    version: encodeVersion({ wallMs, counter: 0 }, 'a', 1),
    value: wallMs === 0 ? null : wallMs === 1 ? 0.1 : wide ? 'v'.repeat(512) : `v${wallMs}`,
  }));

function mapOf(entries: readonly Entry[]): VersionedMap {
  const map = new VersionedMap();
  for (const each of entries) if (map.wins(each)) map.put(each);
  return map;
}

const entries = fc.array(entry, { maxLength: 150 });

describe('one exchange', () => {
  it('both ways makes two maps equal', () => {
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        const [first, second, both] = [mapOf(a), mapOf(b), mapOf([...a, ...b])];
        exchange(first, second, 3);
        expect(first.sorted()).toEqual(both.sorted());
        expect(second.sorted()).toEqual(both.sorted());
      }),
    );
  });

  it('one way brings one side up to date and leaves the other alone', () => {
    fc.assert(
      fc.property(entries, entries, fc.constantFrom<Flow>(1, 2), (a, b, flow) => {
        const [initiator, responder, both] = [mapOf(a), mapOf(b), mapOf([...a, ...b])];
        exchange(initiator, responder, flow);
        const [giver, taker, given] = flow === 2 ? [initiator, responder, a] : [responder, initiator, b];
        expect(taker.sorted()).toEqual(both.sorted());
        expect(giver.sorted()).toEqual(mapOf(given).sorted());
      }),
    );
  });

  it('of equal maps is one small message, however large they are', () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({ key: `key-${i}`, version: version(i), value: i }));
    const talk = exchange(mapOf(many), mapOf([...many].reverse()), 3);
    expect(talk.messages.length).toBe(1);
    expect(encode(talk.messages[0]).length).toBeLessThan(50);
  });

  it('of large maps with one difference moves one entry in a few datagrams', () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({ key: `key-${i}`, version: version(i), value: i }));
    const ahead = mapOf([...many, { key: 'key-77', version: version(9999), value: 'new' }]);
    const behind = mapOf(many);
    const talk = exchange(behind, ahead, 3);
    expect(behind.get('key-77')?.value).toBe('new');
    expect(talk.streamed).toBe(0);
    expect(talk.messages.length).toBeLessThanOrEqual(6);
    expect(talk.messages.filter((each) => each.type === 'entries').map((each) => each.items.length)).toEqual([3]);
  });

  it('fills an empty map of thousands over the stream', () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({
      key: `key-${i}`,
      version: version(i),
      value: `value ${i}`,
    }));
    for (const flow of [1, 3] as const) {
      const empty = new VersionedMap();
      const talk = exchange(empty, mapOf(many), flow);
      expect(empty.size).toBe(5000);
      expect(talk.streamed).toBeGreaterThan(0);
    }
    const empty = new VersionedMap();
    exchange(mapOf(many), empty, 2);
    expect(empty.size).toBe(5000);
  });
});

describe('decode', () => {
  it('takes nothing but the four messages, and never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (raw) => {
        expect(decodeMessage(raw)).toBeUndefined();
      }),
    );
    const good = { type: 'entries', items: ['k', version(1), 'v'] };
    expect(decodeMessage(good)).toEqual(good);
    for (const items of [
      ['__proto__', version(1), 'v'],
      ['12', version(1), 'v'],
      ['k', 'v1', 'v'],
      ['k', version(1), {}],
      ['k', version(1), Number.NaN],
      ['k', version(1), 'x'.repeat(513)],
      ['k'.repeat(129), version(1), 'v'],
      ['k', version(1)],
      ['k', version(1), '\ud800'],
    ]) {
      expect(decodeMessage({ type: 'entries', items }), JSON.stringify(items)).toBeUndefined();
    }
  });

  it('lets mutated messages through only in shape', () => {
    const messages: Message[] = [
      { type: 'probe', flow: 3, nodes: [0, 1, 2] },
      { type: 'digest', flow: 1, nodes: [0], items: ['k', version(1)] },
      { type: 'want', keys: ['k'] },
      { type: 'entries', items: ['k', version(1), null] },
    ];
    const field = fc.constantFrom('type', 'flow', 'nodes', 'items', 'keys');
    fc.assert(
      fc.property(fc.constantFrom(...messages), field, fc.anything(), (message, name, value) => {
        const decoded = decodeMessage({ ...message, [name]: value });
        // What passes must be answered without an exception.
        if (decoded !== undefined && decoded.type !== 'entries') answer(mapOf([]), decoded);
      }),
      { numRuns: 2000 },
    );
  });
});

function version(wallMs: number): string {
  return encodeVersion({ wallMs, counter: 0 }, 'a', 1);
}
