import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { MAX_MESSAGE_BYTES } from '../primitives/membership-claims.ts';
import { type Bounds, type Conditions, type Observation, settingsOf } from '../protocol.ts';
import { type Seen, type Sent, World } from '../testkit.ts';
import { type ConsulView, consul } from './consul.ts';
import type { Message } from './messages.ts';
import { type ConsulSettings, consulSettings } from './settings.ts';

const quick = settingsOf(consulSettings, 'quick');
const SEEDS = Array.from({ length: 20 }, (_, i) => `seed-${i}`);
const PLAIN = { lhaProbe: false, lhaSuspicion: false, buddy: false } as const;

function namesOf(n: number): string[] {
  return Array.from({ length: n }, (_, i) => `n${i + 1}`);
}

function createWorld(n: number, seed: string, settings: ConsulSettings = quick): World {
  return new World({ names: namesOf(n), channels: [{ protocol: consul, settings }], seed });
}

function boundsFor(n: number, livesLost: readonly string[] = [], settings = quick) {
  const conditions: Conditions = {
    n,
    byzantine: [],
    livesLost,
    kinds: [],
    timerDrift: 0,
    wallErrorMs: 0,
    nameBytes: 2,
    load: new Map(),
    linkLatencyMs: 1,
    schedulingMs: 0,
  };
  const bounds: Bounds = consul.bounds(settings, conditions);
  return { convergenceMs: 0, detectionMs: 0, refutationMs: 0, ...bounds };
}

/** All of `members` see exactly `expected` alive and suspect nobody. */
function agree(world: World, members: readonly string[], expected: readonly string[]): boolean {
  const wanted = [...expected].sort().join();
  return members.every((name) => {
    const view = world.view(name) as ConsulView;
    return view.suspect.length === 0 && view.alive.join() === wanted;
  });
}

const firstLives = (names: readonly string[]) => names.map((name) => `${name}/1`);

type Status = Extract<Observation, { kind: 'status' }>;
function statuses(world: World): (Seen & { observation: Status })[] {
  return world.seen.filter((seen): seen is Seen & { observation: Status } => seen.observation.kind === 'status');
}

/** Cuts both ways between members of `side` and all others, and loses a share of the other datagrams. */
function cut(side: readonly string[], lossRate = 0, seed = 'loss') {
  const random = split(seed, 'links');
  return (sent: Sent): number | undefined => {
    if (side.includes(sent.from) !== side.includes(sent.to)) return undefined;
    return !sent.stream && random.next() < lossRate ? undefined : 1;
  };
}

const RANK = { alive: 0, suspect: 1, dead: 2, left: 3 } as const;

/** What holds in every history, whatever happened. */
function expectLegal(world: World): void {
  const raised = new Map<string, number>();
  const held = new Map<string, readonly number[]>();
  for (const { member, life, observation } of world.seen) {
    if (observation.kind === 'refute') {
      expect(observation.incarnation).toBeGreaterThan(raised.get(`${member}/${life}`) ?? 0);
      raised.set(`${member}/${life}`, observation.incarnation);
    } else if (observation.kind === 'status') {
      const { subject, subjectLife, incarnation, status } = observation;
      expect(subject).not.toBe(member);
      // Nobody speaks of an incarnation that the subject has not raised itself to.
      expect(incarnation).toBeLessThanOrEqual(raised.get(`${subject}/${subjectLife}`) ?? 0);
      const next = [subjectLife, incarnation, RANK[status]];
      const before = held.get(`${member}/${life}>${subject}`);
      if (before !== undefined) {
        const at = next.findIndex((value, i) => value !== before[i]);
        expect(at).toBeGreaterThanOrEqual(0);
        expect(next[at] ?? 0).toBeGreaterThan(before[at] ?? 0);
      }
      held.set(`${member}/${life}>${subject}`, next);
    }
  }
}

function started(n: number, seed: string, settings: ConsulSettings = quick): World {
  const world = createWorld(n, seed, settings);
  world.startAll();
  const together = () => agree(world, namesOf(n), firstLives(namesOf(n)));
  expect(world.runUntil(together, boundsFor(n, [], settings).convergenceMs)).toBe(true);
  return world;
}

describe('join', () => {
  it.each([2, 7, 40])('%i members that start together all know each other, and nobody is accused', (n) => {
    const world = started(n, 'join');
    world.run(3000);
    expect(agree(world, namesOf(n), firstLives(namesOf(n)))).toBe(true);
    expect(statuses(world).every((seen) => seen.observation.status === 'alive')).toBe(true);
    expectLegal(world);
  });

  it('goes on asking until a seed is there', () => {
    const world = createWorld(3, 'late');
    world.start('n3', { seeds: ['n1'] });
    world.run(2000);
    expect((world.view('n3') as ConsulView).alive).toEqual(['n3/1']);
    world.start('n1', { seeds: [] });
    expect(world.runUntil(() => agree(world, ['n1', 'n3'], ['n1/1', 'n3/1']), 2 * quick.joinRetryMs)).toBe(true);
  });

  it('news is gossiped on its own beat, to so many, and not when there is none', () => {
    const world = started(7, 'gossip');
    world.run(5000);
    world.sent.length = 0;
    world.run(1000);
    const kinds = (from: number) =>
      world.sent.slice(from).filter((sent) => consul.kindOf(sent.message as Message) === 'gossip');
    expect(kinds(0)).toEqual([]);
    world.inject('n1', 'n2', 1, { k: 'gossip', i: 0, u: [['n5', 2, 0, 0]] });
    const before = world.sent.length;
    world.run(quick.gossipIntervalMs);
    expect(kinds(before).filter((sent) => sent.from === 'n1').length).toBe(quick.gossipNodes);
  });
});

describe('detection', () => {
  it.each(SEEDS)('a crashed member is declared dead by all within the bound, %s', (seed) => {
    const world = started(7, seed);
    world.run(Math.floor(split(seed, 'when').next() * 1000));
    const crashedAt = world.now;
    world.kill('n4');
    const others = namesOf(7).filter((name) => name !== 'n4');
    expect(world.runUntil(() => agree(world, others, firstLives(others)), boundsFor(7).detectionMs)).toBe(true);
    for (const other of others) {
      const death = statuses(world).find((seen) => seen.member === other && seen.observation.status === 'dead');
      expect(death?.observation).toMatchObject({ subject: 'n4', subjectLife: 1, incarnation: 0 });
      // Never before the least suspicion is over.
      expect((death?.at ?? 0) - crashedAt).toBeGreaterThan(4 * quick.probeIntervalMs);
    }
    expectLegal(world);
  });

  it('three crash at once, and all the rest find out within the bound', () => {
    const world = started(7, 'three');
    for (const name of ['n1', 'n2', 'n3']) world.kill(name);
    const others = namesOf(7).slice(3);
    expect(world.runUntil(() => agree(world, others, firstLives(others)), boundsFor(7).detectionMs)).toBe(true);
    expectLegal(world);
  });
});

describe('accuracy', () => {
  it('a member that one other cannot hear is kept alive by indirect probes and the fallback', () => {
    const world = started(7, 'indirect');
    world.latency = (sent) => (sent.from === 'n2' && sent.to === 'n1' && !sent.stream ? undefined : 1);
    world.run(20_000);
    expect(statuses(world).every((seen) => seen.observation.status === 'alive')).toBe(true);
  });

  it.each([
    [true, 0],
    [false, 1],
  ])('datagrams all lost, streams arrive, fallback %s: at least %i suspicions', (fallbackProbe, least) => {
    const settings = { ...quick, fallbackProbe };
    const world = started(3, 'tcp', settings);
    world.latency = (sent) => (sent.stream ? 1 : undefined);
    world.run(5000);
    const suspected = statuses(world).filter((seen) => seen.observation.status === 'suspect').length;
    if (least === 0) expect(suspected).toBe(0);
    else expect(suspected).toBeGreaterThanOrEqual(least);
  });

  it('10 % loss for five minutes: no false death', () => {
    const world = createWorld(7, 'lossy', { ...quick, fallbackProbe: false });
    world.latency = cut([], 0.1);
    world.startAll();
    for (let i = 0; i < 5; i++) {
      world.run(60_000);
      world.sent.length = 0;
    }
    expect(statuses(world).some((seen) => seen.observation.status === 'suspect')).toBe(true);
    expect(statuses(world).filter((seen) => seen.observation.status === 'dead')).toEqual([]);
    expectLegal(world);
  });
});

describe('refutation', () => {
  it.each(SEEDS.flatMap((seed) => [[seed, quick] as const, [seed, { ...quick, ...PLAIN }] as const]))(
    'a lie about a live member is refuted within the bound, %s',
    (seed, settings) => {
      const world = started(7, seed, settings);
      for (const status of [1, 2] as const) {
        const said = statuses(world).filter((seen) => seen.observation.subject === 'n5');
        const incarnation = said.at(-1)?.observation.incarnation ?? 0;
        world.inject('n1', 'n2', 1, { k: 'gossip', i: 0, u: [['n5', 1, incarnation, status, 'n2']] });
        expect(agree(world, ['n1'], firstLives(namesOf(7)))).toBe(false);
        const refuted = () => agree(world, namesOf(7), firstLives(namesOf(7)));
        expect(world.runUntil(refuted, boundsFor(7, [], settings).refutationMs)).toBe(true);
      }
      expectLegal(world);
    },
  );

  it('hearing its own alive does not make a member raise its incarnation', () => {
    const world = started(3, 'own');
    world.inject('n1', 'n2', 1, { k: 'gossip', i: 0, u: [['n1', 1, 5, 0]] });
    world.run(2000);
    expect(world.seen.some((seen) => seen.observation.kind === 'refute')).toBe(false);
  });
});

describe('partition', () => {
  it.each(SEEDS.flatMap((seed) => [[seed, 0, quick] as const, [seed, 0.1, { ...quick, ...PLAIN }] as const]))(
    'both sides declare each other dead and merge after the heal, %s, loss %f',
    (seed, loss, settings) => {
      const names = namesOf(7);
      const side = ['n1', 'n3', 'n6'];
      const world = started(7, seed, settings);
      world.latency = cut(side, loss, seed);
      const mutual = () =>
        names.every((name) => {
          const view = world.view(name) as ConsulView;
          const own = names.filter((other) => side.includes(other) === side.includes(name));
          return [...view.alive, ...view.suspect].every((member) => own.includes(member.slice(0, -2)));
        });
      expect(world.runUntil(mutual, 12_000)).toBe(true);
      world.run(3000);
      world.latency = () => 1;
      const merged = () => agree(world, names, firstLives(names));
      expect(merged()).toBe(false);
      expect(world.runUntil(merged, boundsFor(7, [], settings).convergenceMs)).toBe(true);
      world.run(5000);
      expect(merged()).toBe(true);
      expectLegal(world);
    },
  );

  it('every member cut off from every other, longer than the dead are gossiped to: all find back together', () => {
    const names = namesOf(7);
    const world = started(7, 'alone');
    world.latency = () => undefined;
    world.run(20_000);
    expect(names.every((name) => (world.view(name) as ConsulView).alive.length === 1)).toBe(true);
    world.latency = () => 1;
    expect(world.runUntil(() => agree(world, names, firstLives(names)), boundsFor(7).convergenceMs)).toBe(true);
    expectLegal(world);
  });

  it('a member that crashed during the partition stays dead after the merge', () => {
    const world = started(7, 'crash');
    world.latency = cut(['n1', 'n2', 'n3']);
    world.run(2000);
    world.kill('n7');
    world.run(13_000);
    world.latency = () => 1;
    const others = namesOf(6);
    const merged = () => agree(world, others, firstLives(others));
    expect(world.runUntil(merged, boundsFor(7, ['n7']).convergenceMs)).toBe(true);
    world.run(5000);
    expect(merged()).toBe(true);
    expectLegal(world);
  });

  it('a member that is dead is gossiped to for a while and then no more, and reconnected to all the time', () => {
    const world = started(4, 'silence');
    world.kill('n4');
    expect(world.runUntil(() => agree(world, namesOf(3), firstLives(namesOf(3))), 20_000)).toBe(true);
    const toDead = (kind: string) =>
      world.sent.filter((sent) => sent.to === 'n4' && consul.kindOf(sent.message as Message) === kind);
    world.run(200);
    expect(toDead('gossip').some((sent) => sent.at > world.now - 200)).toBe(true);
    world.run(quick.gossipToTheDeadMs);
    const after = world.now;
    // News for everybody else goes on.
    world.inject('n1', 'n2', 1, { k: 'gossip', i: 0, u: [['n3', 1, 0, 1, 'n2']] });
    world.run(3000);
    const late = (kind: string) => toDead(kind).filter((sent) => sent.at > after);
    expect(late('gossip')).toEqual([]);
    expect(late('ping')).toEqual([]);
    expect(late('sync').length).toBeGreaterThanOrEqual(3 * 5);
    expect(world.sent.some((sent) => sent.at > after && sent.from === 'n1' && sent.to === 'n3')).toBe(true);
  });
});

describe('lives', () => {
  it('restart with state: the same life refutes its own death, again and again', () => {
    const names = namesOf(7);
    const world = started(7, 'with');
    for (const incarnation of [1, 2]) {
      world.kill('n2');
      world.run(boundsFor(7).detectionMs);
      world.start('n2', { restore: true });
      expect(world.runUntil(() => agree(world, names, firstLives(names)), boundsFor(7).convergenceMs)).toBe(true);
      const refuted = world.seen.filter((seen) => seen.observation.kind === 'refute');
      expect(refuted.at(-1)).toMatchObject({ member: 'n2', life: 1, observation: { incarnation, against: 'dead' } });
    }
    expectLegal(world);
  });

  it('restart with state and no seed: known peers do', () => {
    const world = started(4, 'seedless');
    world.kill('n4');
    world.run(boundsFor(4).detectionMs);
    world.start('n4', { restore: true, seeds: [] });
    const names = namesOf(4);
    expect(world.runUntil(() => agree(world, names, firstLives(names)), boundsFor(4).convergenceMs)).toBe(true);
    expectLegal(world);
  });

  it.each([100, 8000])('restart without state after %i ms: a new life takes the place of the old', (downMs) => {
    const names = namesOf(7);
    const world = started(7, 'without');
    world.kill('n2');
    world.run(downMs);
    world.start('n2');
    const expected = firstLives(names).map((name) => (name === 'n2/1' ? 'n2/2' : name));
    expect(world.runUntil(() => agree(world, names, expected), boundsFor(7, ['n2']).convergenceMs)).toBe(true);
    expectLegal(world);
  });

  it('former lives and names outside the plan are passed over', () => {
    const world = started(3, 'former');
    world.kill('n2');
    world.start('n2');
    world.run(5000);
    world.inject('n1', 'n2', 1, { k: 'gossip', i: 7, u: [['n3', 1, 0, 2, 'n2']] });
    world.inject('n1', 'n3', 1, { k: 'gossip', i: 0, u: [['stranger', 1, 0, 0]] });
    world.inject('n1', 'stranger', 1, { k: 'ping', s: 1, i: 0, u: [] });
    expect(agree(world, ['n1'], ['n1/1', 'n2/2', 'n3/1'])).toBe(true);
    expect(world.sent.some((sent) => sent.to === 'stranger')).toBe(false);
  });
});

describe('leave', () => {
  it.each(['event', 'operation'])('a member that leaves (%s) is held left, not dead, and may come back', (how) => {
    const names = namesOf(7);
    const others = names.filter((name) => name !== 'n3');
    const world = started(7, 'leave');
    if (how === 'event') world.leave('n3');
    else world.operate('n3', 'consul', 9, 'leave', null);
    world.run(50);
    world.kill('n3');
    expect(world.runUntil(() => agree(world, others, firstLives(others)), 3000)).toBe(true);
    const about = statuses(world).filter((s) => s.observation.subject === 'n3' && s.observation.status !== 'alive');
    expect(about.map((seen) => seen.observation.status)).toEqual(others.map(() => 'left'));
    if (how === 'operation') expect(world.replies.get(9)).toEqual({ type: 'ok' });
    world.start('n3');
    const expected = firstLives(names).map((name) => (name === 'n3/1' ? 'n3/2' : name));
    expect(world.runUntil(() => agree(world, names, expected), boundsFor(7).convergenceMs)).toBe(true);
    expectLegal(world);
  });
});

describe('operations', () => {
  it('members answers with the view, the health score and measured round-trip times; anything else fails', () => {
    const world = createWorld(3, 'operations');
    world.latency = (sent) => ([sent.from, sent.to].includes('n3') ? 10 : 2);
    world.startAll();
    world.run(5000);
    const ask = (id: number, f: string) => {
      world.operate('n1', 'consul', id, f, null);
      return world.replies.get(id);
    };
    const pairs = (n3: number) => [
      ['n2', 4],
      ['n3', n3],
    ];
    const well = { alive: ['n1/1', 'n2/1', 'n3/1'], suspect: [], health: 0 };
    expect(ask(1, 'members')).toEqual({ type: 'ok', value: { ...well, roundTripsMs: pairs(20) } });
    expect(ask(2, 'dance')).toMatchObject({ type: 'fail' });
    // Smoothed: a new sample takes the value an eighth of the way.
    world.latency = () => 2;
    const next = (sent: Sent) => sent.at > 5000 && sent.from === 'n3' && (sent.message as Message).k === 'ack';
    expect(world.runUntil(() => world.sent.some((sent) => next(sent) && sent.to === 'n1'), 1000, 1)).toBe(true);
    world.run(5);
    expect(ask(3, 'members')).toEqual({ type: 'ok', value: { ...well, roundTripsMs: pairs(20 - 16 / 8) } });
  });
});

it.each([
  ['short', 60, (i: number) => `n${i}`],
  ['longest', 30, (i: number) => `${'ü'.repeat(60)}${i}`],
])('datagrams stay within the limit with %s names, %i members', (_, n, nameOf) => {
  const names = Array.from({ length: n }, (_x, i) => nameOf(i));
  const world = new World({ names, channels: [{ protocol: consul, settings: quick }], seed: 'size' });
  world.startAll();
  world.run(1500);
  world.latency = cut(names.slice(0, n / 2));
  world.run(5000);
  world.latency = () => 1;
  world.run(1000);
  const datagrams = world.sent.filter((sent) => !sent.stream).map((sent) => encode(sent.message).byteLength);
  const largest = datagrams.reduce((a, b) => Math.max(a, b), 0);
  expect(largest).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  expect(largest).toBeGreaterThan(400);
});
