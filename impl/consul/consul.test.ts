import { describe, expect, it } from 'vitest';
import { familyConformance, familyScenario } from '../primitives/conformance.ts';
import { agree, cut, expectLegal, firstLives, statuses } from '../primitives/test-scenario.ts';
import { namesOf, type Sent } from '../testkit.ts';
import { consul } from './consul.ts';
import type { Message } from './messages.ts';

const { quick, boundsFor, createWorld, started } = familyScenario(consul);
const plain = { ...quick, lhaProbe: false, lhaSuspicion: false, buddy: false };

familyConformance({
  protocol: consul,
  news: 'gossip',
  most: 40,
  // The least suspicion.
  leastProbeIntervals: 4,
  refuting: [quick, plain],
  merging: [
    [quick, 0],
    [plain, 0.1],
  ],
  mutualMs: 12_000,
  apartMs: 3000,
  // Longer than the dead are gossiped to.
  aloneMs: 20_000,
  crowd: [60, 30],
  silentMs: 5000,
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

it('three crash at once, and all the rest find out within the bound', () => {
  const world = started(7, 'three');
  for (const name of ['n1', 'n2', 'n3']) world.kill(name);
  const others = namesOf(7).slice(3);
  expect(world.runUntil(() => agree(world, others, firstLives(others)), boundsFor(7).detectionMs)).toBe(true);
  expectLegal(world);
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
