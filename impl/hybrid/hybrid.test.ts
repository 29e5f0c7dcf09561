import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { encodeVersion } from '../primitives/hybrid-clock.ts';
import { type AnyProtocol, type Data, type Observation, settingsOf } from '../protocol.ts';
import { agree, ask } from '../push/test-scenario.ts';
import { calmConditions, namesOf, type Sent, World, type WorldOptions } from '../testkit.ts';
import { hybridBounds } from './claims.ts';
import { hybrid } from './hybrid.ts';
import type { Message } from './messages.ts';
import { checkHybridSettings, type HybridSettings, hybridSettings } from './settings.ts';

const QUICK = settingsOf(hybridSettings, 'quick');
const NAMES = namesOf(7);
const ROUND_MS = QUICK.intervalMs;
const NOTHING = (): undefined => undefined;

interface Scenario extends Partial<WorldOptions> {
  readonly protocol?: AnyProtocol;
  readonly settings?: Partial<HybridSettings>;
}

function createWorld({ protocol = hybrid, settings, ...rest }: Scenario = {}): World {
  const channel = { protocol, settings: { ...QUICK, ...settings }, name: 'hybrid' };
  const world = new World({ names: NAMES, channels: [channel], ...rest });
  world.startAll();
  return world;
}

const CALM = calmConditions(NAMES.length);
const { convergenceMs: BOUND_MS = 0, deliveryMs: DELIVERY_MS = 0 } = hybridBounds(QUICK, CALM);

function deliveriesAt(world: World, member: string, life = 1): string[] {
  return world.seen.flatMap((seen) =>
    seen.member === member && seen.life === life && seen.observation.kind === 'deliver'
      ? [`${seen.observation.origin}/${seen.observation.originLife}/${seen.observation.sequence}`]
      : [],
  );
}

type Adapt = Extract<Observation, { kind: 'adapt' }>;

function adaptationsOf(world: World, member?: string): Adapt[] {
  return world.seen.flatMap((seen) =>
    seen.observation.kind === 'adapt' && (member === undefined || seen.member === member) ? [seen.observation] : [],
  );
}

const typeOf = (sent: Sent): string => (sent.message as Message).type;

describe('adaptive push-pull', () => {
  it.each([1, 2, 3, 4, 5])('brings maps and broadcasts together within its bound after a heal, seed %i', (seed) => {
    const world = createWorld({ seed: `hybrid ${seed}` });
    let draws = seed;
    world.latency = (sent) => {
      draws = (Math.imul(draws, 1103515245) + 12345) >>> 0;
      return sent.from < 'n4' !== sent.to < 'n4' || draws % 4 === 0 ? undefined : 1 + (draws % 50);
    };
    const broadcasts: string[] = [];
    for (let i = 0; i < 60; i++) {
      const member = NAMES[(i * 5 + seed) % 7] ?? '';
      const key = `k${(i * 3 + seed) % 8}`;
      if (i % 9 === 0) ask(world, member, 'delete', { key });
      else ask(world, member, 'write', { key, value: `${seed}:${i}` });
      const { origin, life, sequence } = ask(world, member, 'broadcast', `text ${i}`).value;
      broadcasts.push(`${origin}/${life}/${sequence}`);
      world.run(50);
    }
    world.latency = () => 1;
    expect(agree(world)).toBe(false);
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    const newest = new Map<string, string>();
    for (const { observation } of world.seen) {
      if (observation.kind !== 'apply' || observation.operation === undefined) continue;
      if (observation.version > (newest.get(observation.key) ?? '')) newest.set(observation.key, observation.version);
    }
    for (const name of NAMES) {
      const { '': delivered, ...map } = world.view(name) as Record<string, [string, Data]>;
      expect(new Map(Object.entries(map).map(([key, [version]]) => [key, version]))).toEqual(newest);
      expect(Object.keys(delivered ?? {}).length).toBe(7);
      expect(deliveriesAt(world, name).sort()).toEqual([...broadcasts].sort());
    }
  });

  it('pushes what is recent: with little delay all have it in a few rounds, and nobody is told for ever', () => {
    const world = createWorld();
    ask(world, 'n1', 'broadcast', 'news');
    expect(world.runUntil(() => NAMES.every((name) => deliveriesAt(world, name).length === 1), 6 * ROUND_MS)).toBe(
      true,
    );
    world.run(40 * ROUND_MS);
    const before = world.sent.length;
    world.run(40 * ROUND_MS);
    expect(new Set(world.sent.slice(before).map(typeOf))).toEqual(new Set(['pull', 'same']));
  });

  it('pulls what is no longer pushed: who was cut off gets it from anybody, within the bound', () => {
    const world = createWorld();
    world.latency = ({ from, to }) => (from === 'n7' || to === 'n7' ? undefined : 1);
    ask(world, 'n1', 'write', { key: 'k', value: 'v' });
    ask(world, 'n1', 'broadcast', 'news');
    world.run(100 * ROUND_MS);
    const before = world.sent.length;
    world.run(10 * ROUND_MS);
    expect(world.sent.slice(before).some((sent) => typeOf(sent) === 'push')).toBe(false);
    world.kill('n1');
    world.latency = () => 1;
    const rest = NAMES.slice(1);
    const { deliveryMs = 0 } = hybridBounds(QUICK, calmConditions(NAMES.length, { livesLost: ['n1'] }));
    expect(world.runUntil(() => agree(world, rest), deliveryMs)).toBe(true);
    expect(deliveriesAt(world, 'n7')).toEqual(['n1/1/1']);
    expect(world.sent.slice(before).some((sent) => typeOf(sent) === 'push' && sent.to === 'n7')).toBe(false);
  });

  it('moves 1,000 keys and 500 broadcasts in datagrams that fit, or over streams', () => {
    const world = createWorld({ latency: ({ stream }) => (stream ? 5 : undefined) });
    for (let i = 0; i < 1000; i++) ask(world, NAMES[i % 7] ?? '', 'write', { key: `key-${i}`, value: `value ${i}` });
    for (let i = 0; i < 500; i++) ask(world, NAMES[i % 7] ?? '', 'broadcast', `text ${i} ${'x'.repeat(i)}`);
    let sends = 0;
    world.latency = ({ stream }) => (!stream && ++sends % 4 === 0 ? undefined : 1);
    expect(world.runUntil(() => agree(world), 2 * BOUND_MS, 100)).toBe(true);
    expect(Object.keys(world.view('n3') as object).length).toBe(1001);
    expect(deliveriesAt(world, 'n3').length).toBe(500);
    for (const { message, stream } of world.sent) {
      if (!stream) expect(encode(message).length).toBeLessThanOrEqual(1300);
    }
  });

  it('counts members that are gone for good, and slow timers, in its bounds', () => {
    // With few left most contacts are wasted.
    const gone = hybridBounds(QUICK, calmConditions(NAMES.length, { livesLost: NAMES.slice(2) }));
    expect(gone.convergenceMs).toBeGreaterThan(BOUND_MS);
    expect(gone.deliveryMs).toBeGreaterThan(DELIVERY_MS);
    const slow = hybridBounds(QUICK, { ...CALM, timerDrift: 0.5 });
    expect(slow.convergenceMs).toBe(BOUND_MS + QUICK.intervalMs);
    const eager = hybridBounds({ ...QUICK, minProbability: 0.8 }, CALM);
    expect(eager.convergenceMs).toBeLessThan(BOUND_MS / 2);
  });
});

describe('adaptation', () => {
  it('lets a quiet system fall to the least probability and fanout, and says each change once', () => {
    const world = createWorld();
    world.run(60 * ROUND_MS);
    for (const name of NAMES) {
      const steps = adaptationsOf(world, name);
      expect(steps.map((step) => step.pullProbability)).toEqual([0.45, 0.4, 0.35, 0.3]);
      // There was nothing to push, so nothing was learnt of pushes.
      expect(steps.at(-1)).toMatchObject({ pushProbability: 0.5, fanout: 3, usefulness: 0 });
    }
    const seen = adaptationsOf(world).length;
    const before = world.sent.length;
    world.run(200 * ROUND_MS);
    expect(adaptationsOf(world).length).toBe(seen);
    const perMemberRound = (world.sent.length - before) / (200 * NAMES.length);
    // A pull and its answer, three partners, in three rounds out of ten.
    expect(perMemberRound).toBeGreaterThan(0.8 * 0.3 * 3 * 2);
    expect(perMemberRound).toBeLessThan(1.2 * 0.3 * 3 * 2);
  });

  it('makes who learns by pulling pull more and ask more members, and stop doing so when it has all', () => {
    // Pushes are lost, and so are all pulls but its own: everybody has something that it can get nowhere else.
    const world = createWorld({
      latency: (sent) => (typeOf(sent) === 'push' || (typeOf(sent) === 'pull' && sent.from !== 'n7') ? undefined : 1),
    });
    for (let i = 0; i < 60; i++) {
      for (const name of NAMES) if (name !== 'n7') ask(world, name, 'broadcast', `${name} says ${i}`);
      world.run(ROUND_MS);
    }
    const eager = adaptationsOf(world, 'n7');
    expect(eager.at(-1)).toMatchObject({ pullProbability: 0.8, pushProbability: 0.5 });
    expect(eager.at(-1)?.fanout).toBeGreaterThan(3);
    world.run(150 * ROUND_MS);
    expect(adaptationsOf(world, 'n7').at(-1)).toMatchObject({ pullProbability: 0.3, fanout: 3 });
  });

  it('makes who pushes news push more, and who pushes what is known push less', () => {
    // One has all the news; the others hear of it from nobody else, because their own pushes get lost.
    const world = createWorld({
      latency: (sent) => (sent.from !== 'n1' && typeOf(sent) !== 'taken' ? undefined : 1),
      settings: { recentPushes: 1 },
    });
    for (let i = 0; i < 60; i++) {
      ask(world, 'n1', 'broadcast', `news ${i}`);
      world.run(ROUND_MS);
    }
    expect(adaptationsOf(world, 'n1').at(-1)).toMatchObject({ pushProbability: 0.8, fanout: 5 });
    // Told 50 times each: nearly every push is of what all know.
    const stale = createWorld({ settings: { recentPushes: 50 } });
    for (let i = 0; i < 20; i++) {
      ask(stale, 'n1', 'broadcast', `news ${i}`);
      stale.run(4 * ROUND_MS);
    }
    for (const name of NAMES) expect(adaptationsOf(stale, name).at(-1)?.pushProbability, name).toBe(0.3);
  });

  it('says so only where something changed, and never leaves its limits', () => {
    const world = createWorld({ latency: ({ from, to }) => (from < 'n3' === to < 'n3' ? 1 : 150) });
    for (let i = 0; i < 100; i++) {
      if (i % 20 < 10) ask(world, NAMES[i % 7] ?? '', 'write', { key: `k${i % 5}`, value: i });
      world.run(ROUND_MS);
    }
    for (const name of NAMES) {
      const steps = adaptationsOf(world, name).map(({ pushProbability, pullProbability, fanout }) => {
        for (const chance of [pushProbability, pullProbability]) {
          expect(chance).toBeGreaterThanOrEqual(0.3);
          expect(chance).toBeLessThanOrEqual(0.8);
        }
        expect([3, 4, 5]).toContain(fanout);
        return `${pushProbability} ${pullProbability} ${fanout}`;
      });
      expect(steps.length).toBeGreaterThan(3);
      steps.forEach((step, i) => {
        expect(step).not.toBe(steps[i - 1]);
      });
    }
  });

  it('takes lost contacts for no evidence: alone, a member stays as it was', () => {
    const world = createWorld({ latency: NOTHING });
    ask(world, 'n1', 'broadcast', 'news');
    world.run(100 * ROUND_MS);
    expect(adaptationsOf(world)).toEqual([]);
  });
});

describe('operations', () => {
  it('that do not fit are refused', () => {
    const world = createWorld();
    for (const [f, value] of [
      ['write', { key: 'k', value: 'x'.repeat(513) }],
      ['write', { key: '', value: 'v' }],
      ['swap', { key: 'k' }],
      ['broadcast', 'x'.repeat(513)],
      ['broadcast', { text: 'no' }],
    ] as const) {
      expect(ask(world, 'n1', f, value).type).toBe('fail');
    }
    expect(world.view('n1')).toEqual({});
    expect(world.seen).toEqual([]);
  });

  it('order after what their member has seen, whatever the clocks say', () => {
    const world = createWorld({ skew: (name) => (name === 'n1' ? 7_200_000 : -7_200_000) });
    ask(world, 'n1', 'write', { key: 'k', value: 'first' });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    ask(world, 'n2', 'delete', { key: 'k' });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    expect(ask(world, 'n1', 'read', { key: 'k' }).value.value).toBeNull();
  });
});

describe('restarts', () => {
  it('with state deliver nothing again, keep what nobody had, and go on counting', () => {
    const world = createWorld({ latency: NOTHING });
    ask(world, 'n1', 'broadcast', 'one');
    ask(world, 'n1', 'write', { key: 'k', value: 'v' });
    world.kill('n1');
    world.start('n1', { restore: true });
    expect(ask(world, 'n1', 'read', { key: 'k' }).value.value).toBe('v');
    expect(ask(world, 'n1', 'broadcast', 'two').value).toEqual({ origin: 'n1', life: 1, sequence: 2 });
    world.latency = () => 1;
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    for (const name of NAMES) expect(deliveriesAt(world, name).sort()).toEqual(['n1/1/1', 'n1/1/2']);
  });

  it('without state deliver all that was ever broadcast, once in the new life', () => {
    const world = createWorld();
    ask(world, 'n1', 'broadcast', 'one');
    ask(world, 'n2', 'write', { key: 'k', value: 'v' });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    world.kill('n1');
    world.start('n1');
    expect(ask(world, 'n1', 'broadcast', 'again').value).toEqual({ origin: 'n1', life: 2, sequence: 1 });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    expect(deliveriesAt(world, 'n1', 2).sort()).toEqual(['n1/1/1', 'n1/2/1']);
    expect(world.view('n1')).toMatchObject({ '': { 'n1/1': '1', 'n1/2': '1' }, k: [expect.any(String), 'v'] });
  });
});

describe('messages from outside', () => {
  const version = (writer: string, life = 1): string => encodeVersion({ wallMs: 1, counter: 0 }, writer, life);

  it('bring no broadcast of strangers, none of this life that it never made, and none twice', () => {
    const world = createWorld({ latency: NOTHING });
    const broadcasts = [
      ...['n2/1/1', version('n2'), 'v'],
      ...['stranger/1/1', version('stranger'), 'v'],
      ...['n1/1/9', version('n1'), 'v'],
      ...['n3/1/1', version('n2'), 'v'],
    ];
    for (let i = 0; i < 3; i++) {
      world.inject('n1', 'n2', 1, { type: 'push', contact: i, map: [], broadcasts });
      const part = { type: 'entries', items: broadcasts };
      world.inject('n1', 'n2', 1, { type: 'compare', contact: i, shelf: 'broadcasts', part });
    }
    expect(deliveriesAt(world, 'n1')).toEqual(['n2/1/1']);
    expect(world.view('n1')).toEqual({ '': { 'n2/1': '1' } });
    const taken = world.sent.flatMap(({ from, message }) => {
      const { type, ...rest } = message as Message;
      return from === 'n1' && type === 'taken' ? [rest] : [];
    });
    expect(taken).toEqual([
      { contact: 0, fresh: 1, of: 4 },
      { contact: 1, fresh: 0, of: 4 },
      { contact: 2, fresh: 0, of: 4 },
    ]);
  });
});

it('refuses settings that contradict each other', () => {
  expect(checkHybridSettings(QUICK)).toBeUndefined();
  expect(checkHybridSettings({ ...QUICK, minProbability: 0.9 })).toContain('minProbability');
  expect(checkHybridSettings({ ...QUICK, minFanout: 6 })).toContain('minFanout');
});
