import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { type Observation, settingsOf } from '../protocol.ts';
import { type Seen, World, type WorldOptions } from '../testkit.ts';
import { type CassandraView, cassandra } from './cassandra.ts';
import type { Message } from './messages.ts';
import { cassandraSettings, silenceMs } from './settings.ts';

const quick = settingsOf(cassandraSettings, 'quick');
const SEEDS = ['a', 'b', 'c'];
const names = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
/** World's wall clock at its start, in seconds. */
const EPOCH_S = 1_700_000_000;

function createWorld(seed: string, options: Partial<WorldOptions> = {}): World {
  return new World({ names, channels: [{ protocol: cassandra, settings: quick }], seed, ...options });
}

function booted(seed: string, options: Partial<WorldOptions> = {}): World {
  const world = createWorld(seed, options);
  world.startAll();
  world.run(6000);
  return world;
}

const viewOf = (world: World, name: string) => world.view(name) as CassandraView;
const firstLives = (list: readonly string[]) => list.map((name) => `${name}/1`);

function agree(world: World, members: readonly string[], expected: readonly string[]): boolean {
  const wanted = [...expected].sort().join();
  return members.every((name) => viewOf(world, name).alive.join() === wanted);
}

type Status = Extract<Observation, { kind: 'status' }>;
function statuses(world: World, subject: string): (Seen & { observation: Status })[] {
  return world.seen.filter(
    (seen): seen is Seen & { observation: Status } =>
      seen.observation.kind === 'status' && seen.observation.subject === subject && seen.member !== subject,
  );
}

function cut(world: World, side: readonly string[]): void {
  world.latency = (sent) => (side.includes(sent.from) === side.includes(sent.to) ? 1 : undefined);
}

describe.each(SEEDS)('seed %s', (seed) => {
  it('all find each other, and calm brings no conviction', () => {
    const world = createWorld(seed);
    world.startAll();
    expect(world.runUntil(() => agree(world, names, firstLives(names)), 5000)).toBe(true);
    world.run(30_000);
    expect(world.seen.every(({ observation }) => observation.kind === 'status' && observation.status === 'alive')).toBe(
      true,
    );
  });

  it('10 % loss brings no conviction either', () => {
    const world = booted(seed);
    const random = split(seed, 'loss');
    world.latency = (sent) => (!sent.stream && random.next() < 0.1 ? undefined : 1);
    world.run(30_000);
    expect(world.seen.some(({ observation }) => observation.kind === 'status' && observation.status === 'dead')).toBe(
      false,
    );
  });

  it('a crashed member is convicted by each one on its own, after 18.42 of its mean intervals', () => {
    const world = booted(seed);
    world.kill('n7');
    const at = world.now;
    world.run(12_000);
    const dead = statuses(world, 'n7').filter(({ observation }) => observation.status === 'dead');
    expect(dead.map(({ member }) => member).sort()).toEqual(names.slice(0, 6));
    for (const { at: time, member, observation } of dead) {
      expect(time - at).toBeGreaterThan(silenceMs(quick).least - 2 * quick.gossipIntervalMs);
      expect(time - at).toBeLessThan(silenceMs(quick).most + 10 * quick.gossipIntervalMs);
      expect(observation.by).toBe(member);
    }
    expect(agree(world, names.slice(0, 6), firstLives(names.slice(0, 6)))).toBe(true);
  });

  it('both sides of a partition convict each other, and list each other again after it, without a new generation', () => {
    const world = booted(seed);
    cut(world, ['n1', 'n2', 'n3']);
    world.run(15_000);
    expect(agree(world, ['n1', 'n2', 'n3'], firstLives(['n1', 'n2', 'n3']))).toBe(true);
    expect(agree(world, ['n4', 'n5', 'n6', 'n7'], firstLives(['n4', 'n5', 'n6', 'n7']))).toBe(true);
    world.latency = () => 1;
    expect(world.runUntil(() => agree(world, names, firstLives(names)), 6000)).toBe(true);
    for (const name of names) {
      expect(new Set(statuses(world, name).map(({ observation }) => observation.incarnation)).size).toBe(1);
    }
  });

  it('a restart with state is a new generation of the same life, whatever the clock says', () => {
    let skewMs = 0;
    const world = booted(seed, { skew: (member) => (member === 'n3' ? skewMs : 0) });
    world.kill('n3');
    world.run(2000);
    skewMs = -3_600_000;
    world.start('n3', { restore: true });
    expect(world.runUntil(() => agree(world, names, firstLives(names)), 6000)).toBe(true);
    world.run(2000);
    const generations = [...new Set(statuses(world, 'n3').map(({ observation }) => observation.incarnation))];
    expect(generations).toEqual([EPOCH_S, EPOCH_S + 1]);
  });

  it('a new life wins whole, though its clock is set back', () => {
    let skewMs = 0;
    const world = booted(seed, { skew: (member) => (member === 'n3' ? skewMs : 0) });
    world.operate('n3', 'cassandra', 1, 'set', { key: 'DC', value: 'old' });
    world.run(3000);
    expect(viewOf(world, 'n1').states).toEqual(['n3/1 DC=old']);
    world.kill('n3');
    skewMs = -3_600_000;
    world.start('n3');
    const expected = names.map((name) => (name === 'n3' ? 'n3/2' : `${name}/1`));
    expect(world.runUntil(() => agree(world, names, expected), 8000)).toBe(true);
    for (const name of names) expect(viewOf(world, name).states).toEqual([]);
  });

  it('one that leaves is taken out at once, and its next life is let in after the quarantine', () => {
    const world = booted(seed);
    const rest = names.slice(0, 6);
    world.leave('n7');
    world.run(300);
    expect(agree(world, rest, firstLives(rest))).toBe(true);
    expect(statuses(world, 'n7').filter(({ observation }) => observation.status === 'left')).toHaveLength(6);
    world.kill('n7');
    world.start('n7');
    const back = [...firstLives(rest), 'n7/2'];
    world.run(quick.quarantineMs - 400);
    expect(agree(world, rest, firstLives(rest))).toBe(true);
    expect(world.runUntil(() => agree(world, names, back), 5000)).toBe(true);
  });

  it('one that left is evicted at its expiry, and late news of it do not bring it back', () => {
    const world = booted(seed);
    world.leave('n7');
    world.run(500);
    world.kill('n7');
    world.run(quick.leftExpiryMs + quick.quarantineMs + 1000);
    const late: Message = { k: 'ack2', s: [['n7', 1, EPOCH_S, 1_000_000, [['STATUS', 'NORMAL', 1]]]] };
    world.sent.length = 0;
    world.inject('n1', 'n2', 1, late);
    world.run(3000);
    expect(world.sent.some(({ to }) => to === 'n7')).toBe(false);
    expect(agree(world, names.slice(0, 6), firstLives(names.slice(0, 6)))).toBe(true);
    expect(statuses(world, 'n7').at(-1)?.observation.status).toBe('left');
  });
});

describe('application states', () => {
  it('spread with their versions, survive a restart with state, and are read at any member', () => {
    const world = booted('states');
    world.operate('n2', 'cassandra', 1, 'set', { key: 'RACK', value: 'r1' });
    world.operate('n2', 'cassandra', 2, 'set', { key: 'RACK', value: 'r2' });
    world.run(4000);
    world.operate('n6', 'cassandra', 3, 'get', { member: 'n2', key: 'RACK' });
    expect(world.replies.get(3)).toEqual({ type: 'ok', value: 'r2' });
    world.kill('n2');
    world.start('n2', { restore: true });
    world.run(6000);
    for (const name of names) expect(viewOf(world, name).states).toEqual(['n2/1 RACK=r2']);
    world.operate('n6', 'cassandra', 4, 'get', { member: 'n2', key: 'LOAD' });
    expect(world.replies.get(4)).toMatchObject({ type: 'ok', value: expect.stringMatching(/^\d+$/) });
  });

  it.each<[string, unknown]>([
    ['the protocol sets itself', { key: 'STATUS', value: 'LEFT,0' }],
    ['are no texts', { key: 'DC', value: 7 }],
    ['cannot be encoded', { key: 'DC', value: '\ud800' }],
    ['are nothing', null],
  ])('that %s are refused', (_, value) => {
    const world = createWorld('refused');
    world.start('n1');
    world.operate('n1', 'cassandra', 1, 'set', value as null);
    expect(world.replies.get(1)?.type).toBe('fail');
  });
});

describe('what is not believed', () => {
  const told = (world: World) => viewOf(world, 'n1').alive;

  it('a generation more than a year ahead', () => {
    const world = booted('ahead');
    const year = 365 * 86_400;
    world.inject('n1', 'n2', 1, { k: 'ack2', s: [['n3', 1, EPOCH_S + year + 60, 1, []]] });
    expect(statuses(world, 'n3').some(({ observation }) => observation.incarnation > EPOCH_S + year)).toBe(false);
    world.inject('n1', 'n2', 1, { k: 'ack2', s: [['n3', 1, EPOCH_S + year - 60, 1, []]] });
    expect(statuses(world, 'n3').some(({ observation }) => observation.incarnation === EPOCH_S + year - 60)).toBe(true);
  });

  it('an earlier generation, and an echo of another life', () => {
    const world = booted('earlier');
    const before = world.seen.length;
    world.inject('n1', 'n2', 1, { k: 'ack2', s: [['n3', 1, EPOCH_S - 5, 1_000_000, []]] });
    expect(world.seen).toHaveLength(before);
    world.kill('n3');
    world.run(12_000);
    expect(told(world)).not.toContain('n3/1');
    world.inject('n1', 'n3', 2, { k: 'here', g: EPOCH_S });
    expect(told(world)).not.toContain('n3/1');
  });

  it('hearsay alone: news of a newer heartbeat list nobody who does not answer', () => {
    const world = booted('hearsay');
    world.kill('n3');
    world.run(12_000);
    world.inject('n1', 'n2', 1, { k: 'ack2', s: [['n3', 1, EPOCH_S, 1_000_000, []]] });
    world.run(1000);
    expect(told(world)).not.toContain('n3/1');
    expect(world.sent.some((sent) => sent.to === 'n3' && (sent.message as Message).k === 'echo')).toBe(true);
  });
});

it('a member that was away convicts nobody for what it did not hear', () => {
  // All messages to and from n1 wait, as do its timers: its own clock stands still for the others.
  const world = booted('pause');
  const state = { held: [] as (() => void)[] };
  const member = world.member('n1');
  const original = { receive: member.receive.bind(member), timer: member.timer.bind(member) };
  member.receive = (...args) => void state.held.push(() => original.receive(...args));
  member.timer = (...args) => void state.held.push(() => original.timer(...args));
  world.run(10_000);
  member.receive = original.receive;
  member.timer = original.timer;
  for (const action of state.held) action();
  world.run(10_000);
  expect(
    world.seen.some(({ member: by, observation: o }) => by === 'n1' && o.kind === 'status' && o.status === 'dead'),
  ).toBe(false);
  expect(agree(world, names, firstLives(names))).toBe(true);
});

it('a booting member listens first: its first message is an empty digest, and seeds answer with all they know', () => {
  const world = createWorld('shadow');
  for (const name of names.slice(0, 6)) world.start(name);
  world.run(5000);
  world.sent.length = 0;
  world.start('n7');
  world.run(1000);
  const own = world.sent.filter(({ from }) => from === 'n7').map(({ message }) => message as Message);
  expect(own[0]).toEqual({ k: 'syn', d: [] });
  const answer = world.sent.find(({ to, message }) => to === 'n7' && (message as Message).k === 'ack');
  expect(answer?.message).toMatchObject({ s: { length: 6 } });
  const first = own.find((message) => message.k === 'syn' && message.d.length > 0);
  expect((first as Extract<Message, { k: 'syn' }>).d).toHaveLength(7);
});
