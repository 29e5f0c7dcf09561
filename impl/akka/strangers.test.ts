import { describe, expect, it } from 'vitest';
import { settingsOf } from '../protocol.ts';
import { namesOf, World } from '../testkit.ts';
import { type AkkaProtocol, type AkkaView, akka } from './akka.ts';
import { DOWN, type Gossip, hasUnknownTo, JOINING, mergeGossip, UP } from './gossip.ts';
import { akkaDownsOneFormer, akkaIgnoresStrangers } from './mended-bugs.ts';
import { akkaSettings } from './settings.ts';

const quick = settingsOf(akkaSettings, 'quick');
const names = namesOf(4);
const everybody = names.map((name) => `${name}/1`);
const SEEDS = ['a', 'b', 'c'];

function createWorld(seed: string, protocol: AkkaProtocol = akka): World {
  return new World({ names, channels: [{ protocol, settings: quick }], seed });
}

function agree(world: World, alive: readonly string[]): boolean {
  return names.every((name) => {
    const view = world.view(name) as AkkaView;
    return view.unreachable.length === 0 && view.alive.join() === alive.join();
  });
}

let operation = 0;
function statesAt(world: World, name: string): readonly string[] {
  world.operate(name, 'akka', ++operation, 'states', null);
  const reply = world.replies.get(operation);
  return reply?.type === 'ok' ? (reply.value as readonly string[]) : [];
}

/** Of itself and n3, as n3 would have let it in. */
const welcome: Gossip = {
  m: [
    ['n3/1.1', UP],
    ['n4/1.1', JOINING],
  ],
  s: ['n3/1.1'],
  r: [],
  c: [['n3/1.1', 3]],
  t: [],
};

/** n4 was let in by n3 alone, which knows nothing of it any more; `life`: of n3, as the others know it. */
function parted(seed: string, protocol: AkkaProtocol, life: number): World {
  const world = createWorld(seed, protocol);
  world.latency = ({ from, to }) => (from === 'n4' || to === 'n4' ? undefined : 1);
  for (let i = 0; i < life; i++) world.start('n3');
  for (const name of ['n1', 'n2', 'n4']) world.start(name);
  world.inject('n4', 'n3', 1, { k: 'welcome', f: 'n3/1.1', o: 'n4/1.1', g: welcome });
  world.run(2000);
  expect(statesAt(world, 'n1')).toEqual(['n1/1.1 up', 'n2/1.1 up', `n3/${life}.1 up`]);
  expect(statesAt(world, 'n4')).toContain('n3/1.1 up');
  world.latency = () => 1;
  return world;
}

describe.each(SEEDS)('seed %s', (seed) => {
  it('one that is not known is heard of from itself, and keeps its incarnation', () => {
    const world = parted(seed, akka, 1);
    expect(world.runUntil(() => agree(world, everybody), 8000)).toBe(true);
    expect(world.runUntil(() => statesAt(world, 'n1').includes('n4/1.1 up'), 8000)).toBe(true);
  });

  it('two groups that know nobody of each other find each other, and a later incarnation is not undone', () => {
    const world = parted(seed, akka, 2);
    const now = ['n1/1', 'n2/1', 'n3/2', 'n4/1'];
    expect(world.runUntil(() => agree(world, now), 20_000)).toBe(true);
    expect(world.runUntil(() => statesAt(world, 'n1').includes('n4/1.1 up'), 8000)).toBe(true);
    const undone = world.seen.filter(
      ({ member, observation: o }) =>
        ['n1', 'n2'].includes(member) && o.kind === 'status' && o.subject === 'n3' && o.subjectLife === 1,
    );
    expect(undone).toEqual([]);
  });

  it.each([1, 2])('where strangers are passed over, neither happens; life %i', (life) => {
    const world = parted(seed, akkaIgnoresStrangers, life);
    world.run(30_000);
    for (const name of ['n1', 'n2', 'n3']) expect((world.view(name) as AkkaView).alive).not.toContain('n4/1');
  });

  it('nobody that has a successor comes in by gossip from before, though nobody had heard of it', () => {
    const world = createWorld(seed);
    world.latency = ({ from, to }) => (from === 'n3' || to === 'n3' ? undefined : 1);
    world.startAll();
    world.kill('n3');
    world.start('n3', { restore: true });
    world.latency = () => 1;
    expect(world.runUntil(() => statesAt(world, 'n1').includes('n3/1.2 up'), 10_000)).toBe(true);
    const g: Gossip = { ...welcome, m: [['n1/1.1', UP], ...welcome.m.slice(0, 1)] };
    world.inject('n1', 'n3', 1, { k: 'gossip', f: 'n3/1.1', o: 'n1/1.1', g });
    world.run(3000);
    expect(
      world.seen.some(({ observation: o }) => o.kind === 'lifecycle' && o.subject === 'n3' && o.incarnation === 1),
    ).toBe(false);
  });

  it('nobody that was removed comes back by its old gossip', () => {
    const world = createWorld(seed);
    world.startAll();
    expect(world.runUntil(() => statesAt(world, 'n1').length === 4, 5000)).toBe(true);
    world.run(2000);
    const old = world.sent.filter(
      ({ from, to, message }) => from === 'n3' && to === 'n1' && (message as { k: string }).k === 'gossip',
    );
    expect(old.length).toBeGreaterThan(0);
    world.kill('n3');
    world.start('n3', { restore: true });
    expect(world.runUntil(() => statesAt(world, 'n1').includes('n3/1.2 up'), 10_000)).toBe(true);
    for (const { message } of old) world.inject('n1', 'n3', 1, message);
    world.run(3000);
    expect(statesAt(world, 'n1').filter((one) => one.startsWith('n3/'))).toEqual(['n3/1.2 up']);
  });

  it.each([
    ['akka', akka, true],
    ['where only the first former incarnation is taken down, not', akkaDownsOneFormer, false],
  ] as const)('one that is known in two former incarnations is let in again: %s', (_, protocol, isLetIn) => {
    const world = createWorld(seed, protocol);
    world.latency = () => undefined;
    world.start('n4');
    const g: Gossip = {
      m: [
        ['n3/1.1', DOWN],
        ['n3/1.2', UP],
        ['n4/1.1', UP],
      ],
      s: ['n3/1.2'],
      r: [['n4/1.1', 1, ['n3/1.2']]],
      c: [['n3/1.2', 3]],
      t: [],
    };
    world.inject('n4', 'n3', 1, { k: 'welcome', f: 'n3/1.2', o: 'n4/1.1', g });
    world.latency = () => 1;
    world.start('n3');
    world.kill('n3');
    world.start('n3');
    expect(world.runUntil(() => agreeOn(world, ['n3', 'n4'], ['n3/2', 'n4/1']), 10_000)).toBe(isLetIn);
  });
});

function agreeOn(world: World, members: readonly string[], alive: readonly string[]): boolean {
  return members.every((name) => (world.view(name) as AkkaView).alive.join() === alive.join());
}

describe('states', () => {
  const state = (m: Gossip['m'], t: readonly string[] = []): Gossip => ({ m, s: [], r: [], c: [], t });

  it('merged, have at most one incarnation of a name that is not down, the latest', () => {
    const a = state([['n1/1.1', UP]]);
    const b = state([['n1/1.2', JOINING]]);
    const both = [
      ['n1/1.1', DOWN],
      ['n1/1.2', JOINING],
    ];
    expect(mergeGossip(a, b).m).toEqual(both);
    expect(mergeGossip(b, a).m).toEqual(both);
    expect(mergeGossip(a, state([], ['n1/1.2'])).m).toEqual([['n1/1.1', DOWN]]);
    expect(mergeGossip(a, state([['n2/1.2', UP]])).m).toEqual([
      ['n1/1.1', UP],
      ['n2/1.2', UP],
    ]);
  });

  it('say of whom the other has never heard; those that it has removed it has heard of', () => {
    const older = state([
      ['n1/1.1', UP],
      ['n2/1.1', JOINING],
    ]);
    expect(hasUnknownTo(older, state([['n1/1.1', UP]], ['n3/1.1']))).toBe(true);
    expect(hasUnknownTo(older, state([['n1/1.1', UP]], ['n2/1.1']))).toBe(false);
  });
});
