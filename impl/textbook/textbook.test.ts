import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyProtocol, type Data, type ProtocolRole, settingsOf } from '../protocol.ts';
import { calmConditions, type World, type WorldOptions } from '../testkit.ts';
import { textbookAkka } from './akka.ts';
import { textbookAntiEntropy } from './anti-entropy.ts';
import { textbookAveraging } from './averaging.ts';
import { textbookBroadcast } from './broadcast.ts';
import { textbookCassandra } from './cassandra.ts';
import { textbookConsensus } from './consensus.ts';
import { textbookConsul } from './consul.ts';
import { textbookHybrid } from './hybrid.ts';
import { textbookPush } from './push.ts';
import { textbookRumor } from './rumor.ts';
import { textbookSwim } from './swim.ts';
import { createWorld, NAMES, NOTHING } from './test-scenario.ts';

const ALL: readonly AnyProtocol[] = [
  textbookPush,
  textbookAntiEntropy,
  textbookRumor,
  textbookBroadcast,
  textbookSwim,
  textbookAveraging,
  textbookConsensus,
  textbookCassandra,
  textbookConsul,
  textbookAkka,
  textbookHybrid,
];

/** What makes a member of that role say something; any other one broadcasts. */
const OPERATIONS: ReadonlyMap<ProtocolRole, readonly [f: string, value: Data]> = new Map([
  ['map', ['write', { key: 'k', value: 'v' }]],
  ['consensus', ['propose', { instance: 1, value: 'v' }]],
]);

function write(world: World, member: string, id: number, key: string, value: string): void {
  world.operate(member, 'it', id, 'write', { key, value });
  expect(world.replies.get(id)?.type).toBe('ok');
}

function valueAt(world: World, member: string, key: string): Data | undefined {
  return (world.view(member) as Record<string, [string, Data]>)[key]?.[1];
}

describe.each(ALL)('$name', (protocol) => {
  it('refuses what is no message, and survives what is nearly one', () => {
    fc.assert(fc.property(fc.anything(), (raw) => protocol.decode(raw) === undefined));
    const source = createWorld(protocol);
    const [f, value] = OPERATIONS.get(protocol.role) ?? ['broadcast', 'v'];
    source.operate('n1', 'it', 1, f, value);
    source.run(3000);
    const real = source.sent.map((sent) => sent.message as object).slice(0, 200);
    expect(real.length).toBeGreaterThan(0);
    for (const message of real) {
      expect(protocol.decode(message)).toBeDefined();
      expect(encode(message).length).toBeLessThanOrEqual(1200);
    }
    const world = createWorld(protocol, { latency: NOTHING });
    const field = fc.constantFrom(...new Set(real.flatMap((message) => Object.keys(message))));
    fc.assert(
      fc.property(fc.constantFrom(...real), field, fc.anything(), (message, name, value) => {
        world.inject('n1', 'n2', 1, { ...message, [name]: value });
      }),
      { numRuns: 500 },
    );
  });

  it('claims what some real protocol claims, and computes bounds for it', () => {
    expect(protocol.claims.length).toBeGreaterThan(0);
    const bounds = Object.values(protocol.bounds(settingsOf(protocol.settings, 'quick'), calmConditions(7)));
    expect(bounds.length).toBeGreaterThan(0);
    for (const bound of bounds) expect(bound).toBeGreaterThan(0);
  });
});

describe('flaws of textbook/push', () => {
  it('equal counts never merge', () => {
    const world = createWorld(textbookPush);
    write(world, 'n1', 1, 'k', 'of n1');
    write(world, 'n2', 2, 'k', 'of n2');
    world.run(20_000);
    expect([valueAt(world, 'n1', 'k'), valueAt(world, 'n2', 'k')]).toEqual(['of n1', 'of n2']);
  });

  it('an old write of a busy member beats a new one of a quiet member', () => {
    const world = createWorld(textbookPush);
    for (let i = 1; i <= 5; i++) write(world, 'n1', i, 'k', `old ${i}`);
    world.run(5000);
    write(world, 'n2', 6, 'k', 'new');
    world.run(5000);
    expect(NAMES.map((name) => valueAt(world, name, 'k'))).toEqual(NAMES.map(() => 'old 5'));
  });
});

describe('flaws of textbook/anti-entropy', () => {
  it('concurrent writes of a key diverge for ever; later ones do not', () => {
    const world = createWorld(textbookAntiEntropy);
    write(world, 'n1', 1, 'k', 'of n1');
    write(world, 'n2', 2, 'k', 'of n2');
    world.run(20_000);
    expect([valueAt(world, 'n1', 'k'), valueAt(world, 'n2', 'k')]).toEqual(['of n1', 'of n2']);
    write(world, 'n3', 3, 'k', 'later');
    world.run(20_000);
    expect(NAMES.map((name) => valueAt(world, name, 'k'))).toEqual(NAMES.map(() => 'later'));
  });

  it('a deleted key comes back', () => {
    const world = createWorld(textbookAntiEntropy);
    write(world, 'n1', 1, 'k', 'v');
    world.run(5000);
    world.operate('n1', 'it', 2, 'delete', { key: 'k' });
    expect(valueAt(world, 'n1', 'k')).toBeUndefined();
    world.run(5000);
    expect(valueAt(world, 'n1', 'k')).toBe('v');
  });
});

describe('flaws of textbook/rumor', () => {
  it('a member that has lost interest in one rumour stops spreading all of them', () => {
    const world = createWorld(textbookRumor, {}, { lossProbability: 1, maxRounds: 1000 });
    for (let i = 1; i <= 20; i++) world.operate('n1', 'it', i, 'broadcast', `value ${i}`);
    world.run(60_000);
    const delivered = world.seen.filter((seen) => seen.observation.kind === 'deliver').length;
    const before = world.sent.length;
    world.run(10_000);
    expect(world.sent.length).toBe(before);
    expect(delivered).toBeLessThan(20 * NAMES.length);
  });

  it('coin and round limit in one round throw', () => {
    const world = createWorld(textbookRumor, {}, { lossProbability: 1, maxRounds: 2 });
    world.operate('n1', 'it', 1, 'broadcast', 'v');
    // Whoever was told answers that it knew; the limit of two rounds comes with the second one.
    expect(() => {
      for (let i = 0; i < 200; i++) {
        world.inject('n1', 'n2', 1, { type: 'known', origin: 'n1', life: 1, sequence: 1 });
        world.run(10);
      }
    }).toThrow('not among the hot ones');
  });
});

describe('flaws of textbook/broadcast', () => {
  it('swallows a payload that was said before', () => {
    const world = createWorld(textbookBroadcast);
    world.operate('n1', 'it', 1, 'broadcast', 'same');
    world.run(1000);
    world.operate('n2', 'it', 2, 'broadcast', 'same');
    world.run(1000);
    const origins = world.seen.flatMap(({ observation }) =>
      observation.kind === 'deliver' ? [observation.origin] : [],
    );
    expect(origins.length).toBe(NAMES.length);
    expect(new Set(origins)).toEqual(new Set(['n1']));
  });

  it('one READY silences those that have not sent theirs: without loss or liars nothing is delivered', () => {
    // Echoes reach n1 first; its READY reaches the others before their quorum of echoes does.
    const latency: WorldOptions['latency'] = ({ to, message }) =>
      (message as { type: string }).type === 'echo' && to !== 'n1' ? 100 : 1;
    const world = createWorld(textbookBroadcast, { latency });
    world.operate('n2', 'it', 1, 'broadcast', 'v');
    world.run(10_000);
    expect(world.seen.filter((seen) => seen.observation.kind === 'deliver')).toEqual([]);
  });
});

describe('flaws of textbook/swim', () => {
  function heldOf(world: World, observer: string, subject: string): string[] {
    return world.seen.flatMap(({ member, observation }) =>
      member === observer && observation.kind === 'status' && observation.subject === subject
        ? [observation.status]
        : [],
    );
  }

  it('a death that one member declared is not taken over by the others', () => {
    const world = createWorld(textbookSwim);
    world.run(5000);
    world.latency = NOTHING;
    world.inject('n1', 'n2', 1, { k: 'ack', s: 1, i: 0, u: [['n7', 1, 0, 2, 'n2']] });
    expect(heldOf(world, 'n1', 'n7')).toEqual(['alive']);
  });

  it('the sides of a healed partition stay apart', () => {
    const world = createWorld(textbookSwim);
    world.run(5000);
    expect((world.view('n1') as { alive: string[] }).alive.length).toBe(7);
    world.latency = ({ from, to }) => (from < 'n4' !== to < 'n4' ? undefined : 1);
    world.run(60_000);
    world.latency = () => 1;
    world.run(60_000);
    expect(world.view('n1')).toEqual({ alive: ['n1/1', 'n2/1', 'n3/1'], suspect: [] });
  });

  it('an answer turns a suspect alive at the same incarnation', () => {
    const world = createWorld(textbookSwim);
    world.run(5000);
    // Acks of n2 come after the period in which they were wanted.
    world.latency = ({ from, to }) => (from === 'n2' || to === 'n2' ? 150 : 1);
    world.run(20_000);
    const steps = world.seen.flatMap(({ member, observation }) =>
      member === 'n1' && observation.kind === 'status' && observation.subject === 'n2'
        ? [[observation.status, observation.incarnation] as const]
        : [],
    );
    const dropped = steps.filter(([status, incarnation], i) => {
      const before = steps[i - 1];
      return status === 'alive' && before?.[0] === 'suspect' && before[1] === incarnation;
    });
    expect(dropped.length).toBeGreaterThan(0);
  });
});
