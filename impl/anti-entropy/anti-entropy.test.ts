import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { encodeVersion } from '../primitives/hybrid-clock.ts';
import type { AnyProtocol, Data } from '../protocol.ts';
import { settingsOf } from '../protocol.ts';
import { acknowledged, agree, ask, hurtAndHeal, versionsAt } from '../push/test-scenario.ts';
import { calmConditions, namesOf, World, type WorldOptions } from '../testkit.ts';
import { antiEntropy } from './anti-entropy.ts';
import { antiEntropyBounds } from './claims.ts';
import {
  antiEntropyDropsKey,
  antiEntropyForgetsAcknowledged,
  antiEntropyInvents,
  antiEntropyTakesOlder,
} from './planted-bugs.ts';
import { antiEntropySettings, checkAntiEntropySettings } from './settings.ts';

const QUICK = settingsOf(antiEntropySettings, 'quick');
const NAMES = namesOf(5);
const CHANNEL = 'anti-entropy';

function createWorld(
  options: Partial<WorldOptions> & { protocol?: AnyProtocol; settings?: Partial<typeof QUICK> } = {},
): World {
  const { protocol = antiEntropy, settings, ...rest } = options;
  const world = new World({
    names: NAMES,
    channels: [{ protocol, settings: { ...QUICK, ...settings }, name: CHANNEL }],
    ...rest,
  });
  world.startAll();
  return world;
}

const BOUND_MS = antiEntropyBounds(QUICK, calmConditions(NAMES.length)).convergenceMs ?? 0;

/** Whether some member's version of a key ever went back within a life. */
function wentBack(world: World): boolean {
  const latest = new Map<string, string>();
  for (const { member, life, observation } of world.seen) {
    if (observation.kind !== 'apply') continue;
    const place = `${member} ${life} ${observation.key}`;
    if (observation.version <= (latest.get(place) ?? '')) return true;
    latest.set(place, observation.version);
  }
  return false;
}

describe.each(['push', 'pull', 'push-pull'] as const)('anti-entropy, %s', (mode) => {
  it.each([1, 2, 3, 4, 5])('converges to the largest versions within its bound after a heal, seed %i', (seed) => {
    const world = createWorld({ settings: { mode }, seed: `${mode} ${seed}` });
    hurtAndHeal(world, seed);
    expect(agree(world)).toBe(false);
    const bound = antiEntropyBounds({ ...QUICK, mode }, calmConditions(NAMES.length)).convergenceMs ?? 0;
    expect(world.runUntil(() => agree(world), bound)).toBe(true);
    const expected = acknowledged(world);
    expect(expected.size).toBe(8);
    for (const name of NAMES) expect(versionsAt(world, name)).toEqual(expected);
    expect(wentBack(world)).toBe(false);
    for (const sent of world.sent) if (!sent.stream) expect(encode(sent.message).length).toBeLessThanOrEqual(1200);
  });
});

describe('operations', () => {
  it('write, read and delete at one member', () => {
    const world = createWorld();
    expect(ask(world, 'n1', 'read', { key: 'k' }).value).toEqual({ value: null, version: null });
    const written = ask(world, 'n1', 'write', { key: 'k', value: 'v' }).value;
    expect(ask(world, 'n1', 'read', { key: 'k' }).value).toEqual({ value: 'v', version: written.version });
    const deleted = ask(world, 'n1', 'delete', { key: 'k' }).value;
    expect(ask(world, 'n1', 'read', { key: 'k' }).value).toEqual({ value: null, version: deleted.version });
    expect(String(deleted.version) > String(written.version)).toBe(true);
    expect(world.view('n1')).toEqual({ k: [deleted.version, null] });
  });

  it('refuse what does not fit', () => {
    const world = createWorld();
    for (const [f, value] of [
      ['write', { key: 'k', value: 'x'.repeat(513) }],
      ['write', { key: 'k', value: { deep: 1 } }],
      ['write', { key: '7', value: 'v' }],
      ['write', { key: 'k'.repeat(129), value: 'v' }],
      ['write', null],
      ['read', ['k']],
      ['swap', { key: 'k' }],
    ] as const) {
      expect(ask(world, 'n1', f, value).type, JSON.stringify(value)).toBe('fail');
    }
    expect(world.view('n1')).toEqual({});
  });
});

describe('deletions', () => {
  it('do not come back from a member that missed them', () => {
    const world = createWorld();
    ask(world, 'n1', 'write', { key: 'k', value: 'v' });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    world.latency = (sent) => (sent.from === 'n5' || sent.to === 'n5' ? undefined : 1);
    ask(world, 'n1', 'delete', { key: 'k' });
    world.run(BOUND_MS);
    expect(ask(world, 'n5', 'read', { key: 'k' }).value.value).toBe('v');
    world.latency = () => 1;
    world.run(BOUND_MS);
    for (const name of NAMES) expect(ask(world, name, 'read', { key: 'k' }).value.value).toBeNull();
    expect(agree(world)).toBe(true);
  });

  it('leave no tombstone once it has outlived its time everywhere', () => {
    const world = createWorld({ settings: { tombstoneTtlMs: 3_600_000, intervalMs: 60_000 } });
    ask(world, 'n1', 'write', { key: 'k', value: 'v' });
    ask(world, 'n1', 'delete', { key: 'k' });
    ask(world, 'n2', 'write', { key: 'other', value: 'stays' });
    world.run(3_000_000);
    for (const name of NAMES) expect(Object.keys(world.view(name) as object)).toEqual(['k', 'other']);
    world.run(1_200_000);
    for (const name of NAMES) expect(Object.keys(world.view(name) as object)).toEqual(['other']);
    expect(checkAntiEntropySettings({ ...QUICK, tombstoneTtlMs: 1000 })).toContain('at least 3600000');
    expect(checkAntiEntropySettings(QUICK)).toBeUndefined();
  });
});

describe('clocks', () => {
  it('that are wrong by hours do not reorder what follows from each other', () => {
    const error: Record<string, number> = { n1: 7_200_000, n2: -7_200_000 };
    const world = createWorld({ skew: (name) => error[name] ?? 0 });
    ask(world, 'n1', 'write', { key: 'k', value: 'first' });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    ask(world, 'n2', 'write', { key: 'k', value: 'second' });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    // The clock jumps back an hour at the writer itself.
    error.n2 = -10_800_000;
    ask(world, 'n2', 'write', { key: 'k', value: 'third' });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    expect(ask(world, 'n1', 'read', { key: 'k' }).value.value).toBe('third');
    ask(world, 'n3', 'delete', { key: 'k' });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    expect(ask(world, 'n1', 'read', { key: 'k' }).value.value).toBeNull();
  });

  it('stay behind nothing they issued after a restart with state and an earlier wall clock', () => {
    const error: Record<string, number> = { n1: 3_600_000 };
    const world = createWorld({ skew: (name) => error[name] ?? 0 });
    const before = ask(world, 'n1', 'write', { key: 'k', value: 'before' }).value;
    world.kill('n1');
    error.n1 = 0;
    world.start('n1', { restore: true });
    const after = ask(world, 'n1', 'write', { key: 'k', value: 'after' }).value;
    expect(String(after.version) > String(before.version)).toBe(true);
    expect(ask(world, 'n1', 'read', { key: 'k' }).value.value).toBe('after');
  });
});

describe('restarts', () => {
  it('with state keep what was acknowledged though nobody else had it', () => {
    const world = createWorld({ latency: () => undefined });
    ask(world, 'n1', 'write', { key: 'k', value: 'v' });
    world.kill('n1');
    world.start('n1', { restore: true });
    expect(ask(world, 'n1', 'read', { key: 'k' }).value.value).toBe('v');
    world.latency = () => 1;
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    expect(ask(world, 'n4', 'read', { key: 'k' }).value.value).toBe('v');
    expect(wentBack(world)).toBe(false);
  });

  it('without state recover everything from the others, and write under a new life', () => {
    const world = createWorld();
    for (let i = 0; i < 300; i++) ask(world, 'n1', 'write', { key: `k${i}`, value: `v${i}` });
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    world.kill('n1');
    world.start('n1');
    expect(world.view('n1')).toEqual({});
    const fresh = ask(world, 'n1', 'write', { key: 'fresh', value: 'v' }).value;
    expect(String(fresh.version).endsWith('!n1!000002')).toBe(true);
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    expect(Object.keys(world.view('n1') as object).length).toBe(301);
  });
});

describe('members that are gone for good', () => {
  it.each([1, 2, 3])('slow convergence down, within the bound that counts them, seed %i', (seed) => {
    const world = createWorld({ seed: `gone ${seed}` });
    hurtAndHeal(world, seed);
    world.kill('n4');
    world.kill('n5');
    const bounds = antiEntropyBounds(QUICK, { ...calmConditions(NAMES.length), livesLost: ['n4', 'n5'] });
    expect(bounds.convergenceMs).toBeGreaterThan(BOUND_MS);
    expect(world.runUntil(() => agree(world, ['n1', 'n2', 'n3']), bounds.convergenceMs ?? 0)).toBe(true);
  });
});

describe('size', () => {
  it('2,000 keys from all members converge, and then cost one small message a round', () => {
    const world = createWorld();
    for (let i = 0; i < 2000; i++) {
      ask(world, NAMES[i % 5] ?? '', 'write', { key: `key-${i}`, value: `value ${i}` });
    }
    expect(world.runUntil(() => agree(world), BOUND_MS, 100)).toBe(true);
    expect(Object.keys(world.view('n3') as object).length).toBe(2000);
    for (const sent of world.sent) if (!sent.stream) expect(encode(sent.message).length).toBeLessThanOrEqual(1200);
    const before = world.sent.length;
    world.run(10 * QUICK.intervalMs);
    const steady = world.sent.slice(before);
    expect(steady.length).toBe(10 * NAMES.length);
    for (const sent of steady) expect(encode(sent.message).length).toBeLessThan(50);
  });
});

describe('messages from outside', () => {
  it('of writers that the plan does not name are not taken', () => {
    const world = createWorld({ latency: () => undefined });
    const from = (writer: string): string => encodeVersion({ wallMs: 1, counter: 0 }, writer, 1);
    world.inject('n1', 'n2', 1, { type: 'entries', items: ['k', from('stranger'), 'v', 'l', from('n2'), 'v'] });
    expect(world.view('n1')).toEqual({ l: [from('n2'), 'v'] });
  });

  it('of the same entries again change nothing', () => {
    const world = createWorld({ latency: () => undefined });
    const version = encodeVersion({ wallMs: 1, counter: 0 }, 'n2', 1);
    for (let i = 0; i < 3; i++) world.inject('n1', 'n2', 1, { type: 'entries', items: ['k', version, 'v'] });
    expect(world.seen.filter((seen) => seen.observation.kind === 'apply').length).toBe(1);
  });
});

describe('planted bugs', () => {
  it('drops a key: maps stay different', () => {
    const world = createWorld({ protocol: antiEntropyDropsKey });
    hurtAndHeal(world, 1);
    expect(world.runUntil(() => agree(world), 10 * BOUND_MS, 100)).toBe(false);
  });

  it('forgets what it acknowledged: a version is nowhere', () => {
    const world = createWorld({ protocol: antiEntropyForgetsAcknowledged });
    const versions = Array.from({ length: 10 }, (_, i) => ask(world, 'n1', 'write', { key: `k${i}`, value: i }).value);
    expect(world.runUntil(() => agree(world), BOUND_MS)).toBe(true);
    expect(versionsAt(world, 'n1').size).toBe(8);
    expect(new Set(versions.map((value) => value.version)).size).toBe(10);
  });

  it('takes the older: versions go back', () => {
    const world = createWorld({ protocol: antiEntropyTakesOlder });
    hurtAndHeal(world, 1);
    world.run(BOUND_MS);
    expect(wentBack(world)).toBe(true);
  });

  it('invents: a value is read that nobody wrote', () => {
    const world = createWorld({ protocol: antiEntropyInvents });
    hurtAndHeal(world, 1);
    world.run(BOUND_MS);
    const values = NAMES.flatMap((name) => Object.values(world.view(name) as Record<string, [string, Data]>));
    expect(values.some(([, value]) => String(value).endsWith('?'))).toBe(true);
  });
});
