import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeVersion } from '../primitives/hybrid-clock.ts';
import { type AnyProtocol, settingsOf } from '../protocol.ts';
import { calmConditions, namesOf, World, type WorldOptions } from '../testkit.ts';
import { pushBounds } from './claims.ts';
import { decodeMessage, stateMessages } from './messages.ts';
import { pushFirstPartOnly } from './planted-bugs.ts';
import { push } from './push.ts';
import { pushSettings } from './settings.ts';
import { acknowledged, agree, ask, hurtAndHeal, versionsAt } from './test-scenario.ts';

const QUICK = settingsOf(pushSettings, 'quick');
const NAMES = namesOf(5);

function createWorld(options: Partial<WorldOptions> & { protocol?: AnyProtocol } = {}): World {
  const { protocol = push, ...rest } = options;
  const world = new World({ names: NAMES, channels: [{ protocol, settings: QUICK, name: 'push' }], ...rest });
  world.startAll();
  return world;
}

const BOUND_MS = pushBounds(QUICK, calmConditions(NAMES.length)).convergenceMs ?? 0;

describe('push gossip', () => {
  it.each([1, 2, 3, 4, 5])('converges to the newest versions within its bound after a heal, seed %i', (seed) => {
    const world = createWorld({ seed: `push ${seed}` });
    hurtAndHeal(world, seed);
    expect(agree(world)).toBe(false);
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    const expected = acknowledged(world);
    expect(expected.size).toBe(8);
    for (const name of NAMES) expect(versionsAt(world, name)).toEqual(expected);
  });

  it('tells its whole state every round, whatever the others have', () => {
    const world = createWorld();
    ask(world, 'n1', 'write', { key: 'k', value: 'v' });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    const before = world.sent.length;
    world.run(10 * QUICK.intervalMs);
    expect(world.sent.length - before).toBe(10 * NAMES.length * QUICK.fanout);
  });

  it('splits 1,000 keys over datagrams, each of use without the others', () => {
    const world = createWorld();
    for (let i = 0; i < 1000; i++) ask(world, NAMES[i % 5] ?? '', 'write', { key: `key-${i}`, value: `value ${i}` });
    // Every third datagram is lost: the state still gets through.
    let sends = 0;
    world.latency = () => (++sends % 3 === 0 ? undefined : 1);
    expect(world.runUntil(() => agree(world), 2 * BOUND_MS, 100)).toBe(true);
    expect(Object.keys(world.view('n3') as object).length).toBe(1000);
    for (const sent of world.sent) expect(encode(sent.message).length).toBeLessThanOrEqual(1200);
  });

  it('counts members that are gone for good in its bound', () => {
    const bound = pushBounds(QUICK, calmConditions(NAMES.length, { livesLost: ['n4', 'n5'] })).convergenceMs ?? 0;
    expect(bound).toBeGreaterThan(BOUND_MS);
    for (const seed of [1, 2, 3]) {
      const world = createWorld({ seed: `gone ${seed}` });
      hurtAndHeal(world, seed);
      world.kill('n4');
      world.kill('n5');
      expect(world.runUntil(() => agree(world, ['n1', 'n2', 'n3']), bound)).toBe(true);
    }
  });
});

describe('operations', () => {
  it('write, read and delete at one member, and refuse what does not fit', () => {
    const world = createWorld();
    expect(ask(world, 'n1', 'read', { key: 'k' }).value).toEqual({ value: null, version: null });
    const { version } = ask(world, 'n1', 'write', { key: 'k', value: 'v' }).value;
    expect(ask(world, 'n1', 'read', { key: 'k' }).value).toEqual({ value: 'v', version });
    const deleted = ask(world, 'n1', 'delete', { key: 'k' }).value;
    expect(String(deleted.version) > String(version)).toBe(true);
    expect(world.view('n1')).toEqual({ k: [deleted.version, null] });
    for (const [f, value] of [
      ['write', { key: 'k', value: 'x'.repeat(513) }],
      ['write', { key: '7', value: 'v' }],
      ['write', null],
      ['swap', { key: 'k' }],
    ] as const) {
      expect(ask(world, 'n1', f, value).type).toBe('fail');
    }
  });

  it('order after what their member has seen, whatever the clocks say; deletions stay deleted', () => {
    const world = createWorld({ skew: (name) => (name === 'n1' ? 7_200_000 : -7_200_000) });
    ask(world, 'n1', 'write', { key: 'k', value: 'first' });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    ask(world, 'n2', 'delete', { key: 'k' });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    expect(ask(world, 'n1', 'read', { key: 'k' }).value.value).toBeNull();
  });
});

describe('restarts', () => {
  it('with state keep what nobody else had; without state get everything back from the others', () => {
    const world = createWorld({ latency: () => undefined });
    ask(world, 'n1', 'write', { key: 'k', value: 'v' });
    world.kill('n1');
    world.start('n1', { restore: true });
    expect(ask(world, 'n1', 'read', { key: 'k' }).value.value).toBe('v');
    world.latency = () => 1;
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    world.kill('n1');
    world.start('n1');
    expect(world.view('n1')).toEqual({});
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    expect(ask(world, 'n1', 'read', { key: 'k' }).value.value).toBe('v');
  });
});

describe('messages from outside', () => {
  it('that are none are refused without an exception', () => {
    fc.assert(fc.property(fc.anything(), (raw) => decodeMessage(raw) === undefined));
    const version = encodeVersion({ wallMs: 1, counter: 0 }, 'n2', 1);
    const good = { type: 'state', items: ['k', version, 'v'] };
    expect(decodeMessage(good)).toEqual(good);
    for (const items of [[], ['k', version], ['k', 'v', version], ['7', version, 'v'], ['k', version, {}]]) {
      expect(decodeMessage({ ...good, items }), JSON.stringify(items)).toBeUndefined();
    }
    expect(decodeMessage({ ...good, more: 1 })).toBeUndefined();
  });

  it('of unknown writers, or of the same entries again, change nothing', () => {
    const world = createWorld({ latency: () => undefined });
    const from = (writer: string): string => encodeVersion({ wallMs: 1, counter: 0 }, writer, 1);
    for (let i = 0; i < 3; i++) {
      world.inject('n1', 'n2', 1, { type: 'state', items: ['k', from('stranger'), 'v', 'l', from('n2'), 'v'] });
    }
    expect(world.view('n1')).toEqual({ l: [from('n2'), 'v'] });
    expect(world.seen.filter((seen) => seen.observation.kind === 'apply').length).toBe(1);
  });

  it('hold the entries in order, none left out, none over the size of a datagram', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 100 }), (texts) => {
        const version = encodeVersion({ wallMs: 1, counter: 0 }, 'n2', 1);
        const entries = texts.map((value, i) => ({ key: `k${i}`, version, value }));
        const messages = stateMessages(entries);
        expect(messages.flatMap((message) => message.items)).toEqual(
          entries.flatMap((entry) => [entry.key, entry.version, entry.value]),
        );
        for (const message of messages) expect(encode(message).length).toBeLessThanOrEqual(1200);
      }),
    );
  });
});

describe('planted bug', () => {
  it('tells the first keys only: maps stay different, where those of the real protocol become equal', () => {
    const apart = [pushFirstPartOnly, push].map((protocol) => {
      const world = createWorld({ protocol });
      for (let i = 0; i < 100; i++) ask(world, NAMES[i % 5] ?? '', 'write', { key: `key-${i}`, value: `value ${i}` });
      return !world.runUntil(() => agree(world), BOUND_MS, 50);
    });
    expect(apart).toEqual([true, false]);
  });
});
