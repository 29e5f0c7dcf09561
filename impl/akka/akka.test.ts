import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { type Conditions, type LifecycleStatus, type Observation, settingsOf } from '../protocol.ts';
import { calmConditions, namesOf, World, type WorldOptions } from '../testkit.ts';
import { type AkkaView, akka } from './akka.ts';
import { akkaBounds } from './bounds.ts';
import { akkaClaims } from './claims.ts';
import { monitoredBy } from './monitoring.ts';
import { type AkkaSettings, akkaSettings, longestSilenceMs } from './settings.ts';

const quick = settingsOf(akkaSettings, 'quick');
const SEEDS = ['a', 'b', 'c'];
const names = namesOf(7);

function createWorld(seed: string, settings: AkkaSettings = quick, options: Partial<WorldOptions> = {}): World {
  return new World({ names, channels: [{ protocol: akka, settings }], seed, ...options });
}

function booted(seed: string, settings: AkkaSettings = quick): World {
  const world = createWorld(seed, settings);
  world.startAll();
  world.run(6000);
  return world;
}

const viewOf = (world: World, name: string) => world.view(name) as AkkaView;
const firstLives = (list: readonly string[]) => list.map((name) => `${name}/1`);

function agree(world: World, members: readonly string[], alive: readonly string[], unreachable = 0): boolean {
  const wanted = [...alive].sort().join();
  return members.every((name) => {
    const view = viewOf(world, name);
    return view.alive.join() === wanted && view.unreachable.length === unreachable;
  });
}

let operation = 0;
function statesAt(world: World, name: string): readonly string[] {
  world.operate(name, 'akka', ++operation, 'states', null);
  const reply = world.replies.get(operation);
  return reply?.type === 'ok' ? (reply.value as readonly string[]) : [];
}

type Lifecycle = Extract<Observation, { kind: 'lifecycle' }>;
function lifecycle(world: World, subject: string, incarnation: number, observer?: string): Lifecycle[] {
  return world.seen.flatMap(({ member, observation }) =>
    observation.kind === 'lifecycle' &&
    observation.subject === subject &&
    observation.incarnation === incarnation &&
    (observer === undefined || member === observer)
      ? [observation]
      : [],
  );
}

function cut(world: World, side: readonly string[]): void {
  world.latency = (sent) => (side.includes(sent.from) === side.includes(sent.to) ? 1 : undefined);
}

describe.each(SEEDS)('seed %s', (seed) => {
  it('all join through the seeds and are brought up by the leader upon convergence', () => {
    const world = createWorld(seed);
    world.startAll();
    expect(world.runUntil(() => agree(world, names, firstLives(names)), 5000)).toBe(true);
    world.run(3000);
    for (const name of names) {
      expect(statesAt(world, name)).toEqual(names.map((other) => `${other}/1.1 up`));
      const ups = lifecycle(world, name, 1).filter(({ status, made }) => status === 'up' && made === true);
      expect(ups).toHaveLength(1);
      expect(ups[0]?.converged).toBe(true);
    }
  });

  it('calm and 5 % loss make nobody unreachable', () => {
    const world = booted(seed);
    const random = split(seed, 'loss');
    world.latency = (sent) => (!sent.stream && random.next() < 0.05 ? undefined : 1);
    world.run(20_000);
    expect(world.seen.some(({ observation: o }) => o.kind === 'status' && o.status !== 'alive')).toBe(false);
  });

  it('both sides of a partition hold each other unreachable, and reachable again after it; nobody is taken down', () => {
    const world = booted(seed);
    cut(world, ['n1', 'n2', 'n3']);
    world.run(15_000);
    expect(agree(world, ['n1', 'n2', 'n3'], firstLives(['n1', 'n2', 'n3']), 4)).toBe(true);
    expect(agree(world, ['n4', 'n5', 'n6', 'n7'], firstLives(['n4', 'n5', 'n6', 'n7']), 3)).toBe(true);
    world.latency = () => 1;
    expect(world.runUntil(() => agree(world, names, firstLives(names)), 6000)).toBe(true);
    for (const name of names) {
      expect(lifecycle(world, name, 1).some(({ status }) => status === 'down' || status === 'removed')).toBe(false);
    }
  });

  it('a crashed one is unreachable within the longest silence, and stays a member without downing', () => {
    const world = booted(seed);
    world.kill('n7');
    const rest = names.slice(0, 6);
    const limitMs = longestSilenceMs(quick) + 3000;
    expect(world.runUntil(() => agree(world, rest, firstLives(rest), 1), limitMs)).toBe(true);
    world.run(10_000);
    expect(statesAt(world, 'n1')).toContain('n7/1.1 up');
  });

  it('while one is unreachable joining members become weakly up only, and up when it is back', () => {
    const world = createWorld(seed);
    for (const name of names.slice(0, 6)) world.start(name);
    world.run(4000);
    const away = ['n6'];
    cut(world, away);
    world.run(5000);
    world.start('n7');
    world.run(4000);
    expect(statesAt(world, 'n1')).toContain('n7/1.1 weakly-up');
    world.latency = () => 1;
    expect(world.runUntil(() => statesAt(world, 'n7').filter((one) => one.endsWith(' up')).length === 7, 6000)).toBe(
      true,
    );
  });

  it('a restart is the next incarnation: the former one is taken down and removed before it is let in', () => {
    const world = booted(seed);
    world.kill('n3');
    world.run(300);
    world.start('n3', { restore: true });
    expect(world.runUntil(() => statesAt(world, 'n1').includes('n3/1.2 up'), 10_000)).toBe(true);
    const seen = lifecycle(world, 'n3', 1, 'n1').map(({ status }) => status);
    expect(seen.at(-1)).toBe('removed' satisfies LifecycleStatus);
    expect(world.runUntil(() => agree(world, names, firstLives(names)), 5000)).toBe(true);
  });

  it('one that leaves exits and is removed', () => {
    const world = booted(seed);
    world.leave('n7');
    world.run(4000);
    world.kill('n7');
    expect(agree(world, names.slice(0, 6), firstLives(names.slice(0, 6)))).toBe(true);
    expect(lifecycle(world, 'n7', 1, 'n2').map(({ status }) => status)).toEqual(
      expect.arrayContaining(['leaving', 'removed']),
    );
    const health = world.seen.flatMap(({ member, observation: one }) =>
      member === 'n2' && one.kind === 'status' && one.subject === 'n7' ? [one.status] : [],
    );
    expect(health).toEqual(['alive', 'left']);
  });

  it('keep-majority takes the minority down, which joins anew after the partition', () => {
    const world = booted(seed, { ...quick, downing: 'keep-majority' });
    cut(world, ['n6', 'n7']);
    world.run(15_000);
    expect(agree(world, names.slice(0, 5), firstLives(names.slice(0, 5)))).toBe(true);
    expect(statesAt(world, 'n6')).toEqual([]);
    world.latency = () => 1;
    expect(world.runUntil(() => agree(world, names, firstLives(names)), 10_000)).toBe(true);
    world.run(3000);
    expect(statesAt(world, 'n1')).toEqual(expect.arrayContaining(['n1/1.1 up', 'n6/1.2 up', 'n7/1.2 up']));
  });
});

it('those that are in no cluster do not agree on an empty one: each knows itself, until it has left', () => {
  const world = createWorld('out');
  world.latency = () => undefined;
  for (const name of ['n2', 'n3']) world.start(name);
  world.run(3000);
  for (const name of ['n2', 'n3']) {
    expect(statesAt(world, name)).toEqual([]);
    expect(viewOf(world, name).alive).toEqual([`${name}/1`]);
  }
  world.leave('n3');
  expect(viewOf(world, 'n3').alive).toEqual([]);
});

describe('the ring', () => {
  const gossip = { m: names.map((name) => [`${name}/1.1`, 2] as const), s: [], r: [], c: [], t: [] };

  it('has each member monitored by as many as are asked for', () => {
    const monitored = names.flatMap((name) => monitoredBy(gossip, `${name}/1.1`, 3));
    for (const name of names) expect(monitored.filter((id) => id === `${name}/1.1`)).toHaveLength(3);
  });

  it('does not count the unreachable, which are monitored too', () => {
    const [first = ''] = monitoredBy(gossip, 'n1/1.1', 1);
    const cutOff = { ...gossip, r: [['n2/1.1', 1, [first]] as const], m: [...gossip.m] };
    expect(monitoredBy(cutOff, 'n1/1.1', 1)).toHaveLength(2);
  });
});

describe('claims and bounds', () => {
  const calm = calmConditions(7);
  const beyond = (property: string, settings: AkkaSettings, conditions: Partial<Conditions>) =>
    akkaClaims.find((claim) => claim.property === property)?.beyond?.(settings, { ...calm, ...conditions });
  const majority: AkkaSettings = { ...quick, downing: 'keep-majority' };

  it('without downing, losses of lives are beyond them, and detection is in any case', () => {
    expect(beyond('convergence', quick, { kinds: ['partition', 'kill'] })).toBeUndefined();
    expect(beyond('convergence', quick, { livesLost: ['n1'] })).toContain('downing is off');
    expect(beyond('detection', quick, {})).toContain('downing is off');
  });

  it('with keep-majority, separations and losses of half are', () => {
    expect(beyond('detection', majority, { livesLost: ['n1'], kinds: ['kill'] })).toBeUndefined();
    expect(beyond('convergence', majority, { kinds: ['partition'] })).toContain('partition');
    expect(beyond('convergence', majority, { livesLost: ['n1', 'n2', 'n3', 'n4'] })).toContain('half');
  });

  it('legality is promised always', () => {
    expect(beyond('membership-legality', quick, { livesLost: names, timerDrift: 5 })).toBeUndefined();
  });

  it('bounds grow with latency, noise and drift', () => {
    const base = akkaBounds(quick, calm);
    for (const worse of [{ linkLatencyMs: 50 }, { schedulingMs: 50 }, { timerDrift: 0.2 }]) {
      const bounds = akkaBounds(quick, { ...calm, ...worse });
      expect(bounds.convergenceMs ?? 0).toBeGreaterThan(base.convergenceMs ?? 0);
      expect(bounds.refutationMs ?? 0).toBeGreaterThan(base.refutationMs ?? 0);
    }
  });
});
