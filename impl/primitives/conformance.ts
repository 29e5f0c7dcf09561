/** Test support: what every protocol of the SWIM family must do, run against each of them. */
import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { type Bounds, type Protocol, settingsOf } from '../protocol.ts';
import { calmConditions, namesOf, World } from '../testkit.ts';
import { MAX_MESSAGE_BYTES, MAX_NUMBER } from './membership-claims.ts';
import type { MembershipView } from './membership-protocol.ts';
import { agree, cut, expectLegal, firstLives, statuses, viewOf } from './test-scenario.ts';

const SEEDS: readonly string[] = Array.from({ length: 20 }, (_, i) => `seed-${i}`);

/** What is no message of any of the family, and why. `news`: the kind of a message that only carries news. */
export function noMessages(news: string): [why: string, raw: unknown][] {
  return [
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list', [1, 2]],
    ['an unknown kind', { k: 'pong', s: 1, i: 0, u: [] }],
    ['a kind out of the prototype', { k: 'toString', i: 0, u: [] }],
    ['a field missing', { k: 'ping', i: 0, u: [] }],
    ['a field too many', { k: 'ping', s: 1, i: 0, u: [], x: 1 }],
    ['a field of another kind', { k: 'ping', t: 'n1', i: 0, u: [] }],
    ['a negative sequence', { k: 'ping', s: -1, i: 0, u: [] }],
    ['a fraction', { k: 'ping', s: 0.5, i: 0, u: [] }],
    ['NaN', { k: 'ping', s: Number.NaN, i: 0, u: [] }],
    ['an incarnation out of range', { k: news, i: MAX_NUMBER + 1, u: [] }],
    ['updates that are no list', { k: news, i: 0, u: {} }],
    ['an update that is no list', { k: news, i: 0, u: [7] }],
    ['a short update', { k: news, i: 0, u: [['n1', 1, 0]] }],
    ['a long update', { k: news, i: 0, u: [['n1', 1, 0, 0, 'n2', 1]] }],
    ['an unknown status', { k: news, i: 0, u: [['n1', 1, 0, 4]] }],
    ['an empty name', { k: news, i: 0, u: [['', 1, 0, 0]] }],
    ['a long name', { k: news, i: 0, u: [['x'.repeat(65), 1, 0, 0]] }],
    ['an accuser that is no name', { k: news, i: 0, u: [['n1', 1, 0, 1, 5]] }],
    ['a flag that is none', { k: 'sync', q: 1, i: 0, u: [] }],
  ];
}

/** What a field of a message may be changed to: what another one might hold, and anything else. */
export function familyValues(): fc.Arbitrary<unknown> {
  const name = fc.constantFrom('n1', 'n2', 'n3', 'stranger');
  const number = fc.oneof(fc.nat(3), fc.constantFrom(MAX_NUMBER, MAX_NUMBER - 1));
  const claim = fc.tuple(name, number, number, fc.nat(3));
  return fc.oneof(name, number, fc.boolean(), fc.array(claim, { maxLength: 5 }), fc.anything());
}

interface FamilySettings {
  readonly probeIntervalMs: number;
  readonly joinRetryMs: number;
}

export interface Family<State, Message, Settings extends FamilySettings> {
  readonly protocol: Protocol<State, Message, MembershipView, Settings>;
  /** The kind of a message that only carries news. */
  readonly news: string;
  /** The largest cluster that starts together. */
  readonly most: number;
  /** Nobody is held dead before so many probe intervals after a crash. */
  readonly leastProbeIntervals: number;
  /** Settings under which lies are refuted. */
  readonly refuting: readonly Settings[];
  /** Settings and losses under which the sides of a partition merge. */
  readonly merging: readonly (readonly [settings: Settings, lossRate: number])[];
  /** So long the sides of a partition may take to declare each other dead, and stay apart after that. */
  readonly mutualMs: number;
  readonly apartMs: number;
  /** So long every member is cut off from every other. */
  readonly aloneMs: number;
  /** Members with short names and with the longest, so many that datagrams are filled, and how long half are silent. */
  readonly crowd: readonly [short: number, longest: number];
  readonly silentMs: number;
}

/** Members of the family, started or not, and what they promise. */
export function familyScenario<State, Message, Settings extends FamilySettings>(
  protocol: Protocol<State, Message, MembershipView, Settings>,
) {
  const quick = settingsOf(protocol.settings, 'quick');

  function boundsFor(n: number, livesLost: readonly string[] = [], settings = quick) {
    const bounds: Bounds = protocol.bounds(settings, calmConditions(n, { livesLost }));
    return { convergenceMs: 0, detectionMs: 0, refutationMs: 0, ...bounds };
  }

  function createWorld(n: number, seed: string, settings = quick): World {
    return new World({ names: namesOf(n), channels: [{ protocol, settings }], seed });
  }

  /** All know each other. */
  function started(n: number, seed: string, settings = quick): World {
    const world = createWorld(n, seed, settings);
    world.startAll();
    const together = () => agree(world, namesOf(n), firstLives(namesOf(n)));
    expect(world.runUntil(together, boundsFor(n, [], settings).convergenceMs)).toBe(true);
    return world;
  }

  return { quick, boundsFor, createWorld, started };
}

export function familyConformance<State, Message, Settings extends FamilySettings>(
  family: Family<State, Message, Settings>,
): void {
  const { protocol, news } = family;
  const { quick, boundsFor, createWorld, started } = familyScenario(protocol);

  describe('join', () => {
    it.each([2, 7, family.most])('%i members that start together all know each other, and nobody is accused', (n) => {
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
      expect(viewOf(world, 'n3').alive).toEqual(['n3/1']);
      world.start('n1', { seeds: [] });
      expect(world.runUntil(() => agree(world, ['n1', 'n3'], ['n1/1', 'n3/1']), 2 * quick.joinRetryMs)).toBe(true);
    });

    it('brings two groups together that started apart, each with a seed of its own', () => {
      const names = namesOf(4);
      const world = createWorld(4, 'apart');
      world.latency = cut(['n1', 'n2']);
      world.start('n1', { seeds: ['n3'] });
      world.start('n2', { seeds: ['n1', 'n3'] });
      world.start('n3', { seeds: [] });
      world.start('n4', { seeds: ['n3'] });
      world.run(5000);
      expect(viewOf(world, 'n2').alive).toEqual(['n1/1', 'n2/1']);
      world.latency = () => 1;
      expect(world.runUntil(() => agree(world, names, firstLives(names)), boundsFor(4).convergenceMs)).toBe(true);
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
        expect((death?.at ?? 0) - crashedAt).toBeGreaterThan(family.leastProbeIntervals * quick.probeIntervalMs);
      }
      expectLegal(world);
    });
  });

  describe('refutation', () => {
    it.each(SEEDS.flatMap((seed) => family.refuting.map((settings) => [seed, settings] as const)))(
      'a lie about a live member is refuted within the bound, %s',
      (seed, settings) => {
        const world = started(7, seed, settings);
        for (const status of [1, 2] as const) {
          const said = statuses(world).filter((seen) => seen.observation.subject === 'n5');
          const incarnation = said.at(-1)?.observation.incarnation ?? 0;
          world.inject('n1', 'n2', 1, { k: news, i: 0, u: [['n5', 1, incarnation, status, 'n2']] });
          expect(agree(world, ['n1'], firstLives(namesOf(7)))).toBe(false);
          const refuted = () => agree(world, namesOf(7), firstLives(namesOf(7)));
          expect(world.runUntil(refuted, boundsFor(7, [], settings).refutationMs)).toBe(true);
        }
        expectLegal(world);
      },
    );

    it('hearing its own alive does not make a member raise its incarnation', () => {
      const world = started(3, 'own');
      world.inject('n1', 'n2', 1, { k: news, i: 0, u: [['n1', 1, 0, 0]] });
      world.inject('n1', 'n2', 1, { k: news, i: 0, u: [['n1', 1, 5, 0]] });
      world.run(2000);
      expect(world.seen.some((seen) => seen.observation.kind === 'refute')).toBe(false);
    });
  });

  describe('partition', () => {
    const cases = SEEDS.flatMap((seed) => family.merging.map(([settings, loss]) => [seed, loss, settings] as const));
    it.each(cases)(
      'both sides declare each other dead and merge after the heal, %s, loss %f',
      (seed, loss, settings) => {
        const names = namesOf(7);
        const side = ['n1', 'n3', 'n6'];
        const world = started(7, seed, settings);
        world.latency = cut(side, loss, seed);
        const mutual = () =>
          names.every((name) => {
            const view = viewOf(world, name);
            const own = names.filter((other) => side.includes(other) === side.includes(name));
            return [...view.alive, ...view.suspect].every((member) => own.includes(member.slice(0, -2)));
          });
        expect(world.runUntil(mutual, family.mutualMs)).toBe(true);
        world.run(family.apartMs);
        world.latency = () => 1;
        const merged = () => agree(world, names, firstLives(names));
        expect(merged()).toBe(false);
        expect(world.runUntil(merged, boundsFor(7, [], settings).convergenceMs)).toBe(true);
        world.run(5000);
        expect(merged()).toBe(true);
        expectLegal(world);
      },
    );

    it('every member cut off from every other: all find back together within the bound', () => {
      const names = namesOf(7);
      const world = started(7, 'alone');
      world.latency = () => undefined;
      world.run(family.aloneMs);
      expect(names.every((name) => viewOf(world, name).alive.length === 1)).toBe(true);
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
      const names = namesOf(4);
      const world = started(4, 'seedless');
      world.kill('n4');
      world.run(boundsFor(4).detectionMs);
      world.start('n4', { restore: true, seeds: [] });
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
      const said = world.seen.filter((seen) => seen.member === 'n2' && seen.life === 2);
      expect(said.map((seen) => seen.observation.kind)).not.toContain('refute');
      expectLegal(world);
    });

    it('messages of a former life are passed over', () => {
      const world = started(3, 'former');
      world.kill('n2');
      world.start('n2');
      world.run(5000);
      world.inject('n1', 'n2', 1, { k: news, i: 7, u: [['n3', 1, 0, 2, 'n2']] });
      expect(agree(world, ['n1'], ['n1/1', 'n2/2', 'n3/1'])).toBe(true);
    });

    it('names outside the plan are passed over', () => {
      const world = started(3, 'strangers');
      world.inject('n1', 'n2', 1, { k: news, i: 0, u: [['stranger', 1, 0, 0]] });
      world.inject('n1', 'stranger', 1, { k: 'ping', s: 1, i: 0, u: [] });
      world.run(1000);
      expect(agree(world, namesOf(3), firstLives(namesOf(3)))).toBe(true);
      expect(world.sent.some((sent) => sent.to === 'stranger')).toBe(false);
    });
  });

  describe('leave', () => {
    it.each(['event', 'operation'])('a member that leaves (%s) is held left, not dead, and may come back', (how) => {
      const names = namesOf(7);
      const others = names.filter((name) => name !== 'n3');
      const world = started(7, 'leave');
      if (how === 'event') world.leave('n3');
      else world.operate('n3', protocol.name, 9, 'leave', null);
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

  describe('size', () => {
    it.each([
      ['short', family.crowd[0], (i: number) => `n${i}`],
      ['longest', family.crowd[1], (i: number) => `${'ü'.repeat(60)}${i}`],
    ])('datagrams stay within the limit with %s names, %i members', (_, n, nameOf) => {
      const names = Array.from({ length: n }, (_x, i) => nameOf(i));
      const world = new World({ names, channels: [{ protocol, settings: quick }], seed: 'size' });
      world.startAll();
      world.run(1500);
      // Half of them silent for long enough that everybody has much to tell.
      world.latency = cut(names.slice(0, n / 2));
      world.run(family.silentMs);
      world.latency = () => 1;
      world.run(2000);
      const datagrams = world.sent.filter((sent) => !sent.stream).map((sent) => encode(sent.message).byteLength);
      const largest = datagrams.reduce((a, b) => Math.max(a, b), 0);
      expect(largest).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      expect(largest).toBeGreaterThan(400);
      expect(world.sent.some((sent) => sent.stream)).toBe(true);
    });
  });
}

interface Planted<State, Message, Settings> {
  readonly bug: string;
  readonly protocol: Protocol<State, Message, MembershipView, Settings>;
  /** What the bug breaks. */
  readonly what: string;
  /** Hurts seven members that know each other; whether that held. */
  readonly holds: (world: World, seed: string) => boolean;
}

/** Each planted bug shows in what it breaks, and the correct protocol bears the same. */
export function showPlantedBugs<State, Message, Settings>(
  correct: Protocol<State, Message, MembershipView, Settings>,
  planted: readonly Planted<State, Message, Settings>[],
): void {
  const settings = settingsOf(correct.settings, 'quick');
  const cases = planted.flatMap(({ bug, protocol, what, holds }) => [
    [correct.name, what, correct, holds, true] as const,
    [bug, what, protocol, holds, false] as const,
  ]);
  describe.each(['a', 'b', 'c', 'd', 'e'])('seed %s', (seed) => {
    it.each(cases)('%s: %s', (_, _what, protocol, holds, expected) => {
      const world = new World({ names: namesOf(7), channels: [{ protocol, settings }], seed });
      world.startAll();
      world.run(3000);
      expect(holds(world, seed)).toBe(expected);
    });
  });
}

const listsAll = (world: World) => namesOf(7).every((name) => viewOf(world, name).alive.length === 7);

/** Loses 30 % of the datagrams for a while, so that suspicions arise; whether all list all after that. */
export function bearsLosses(world: World, seed: string): boolean {
  world.latency = cut([], 0.3, seed);
  world.run(15_000);
  world.latency = () => 1;
  world.run(15_000);
  return listsAll(world);
}

export function bearsPartition(world: World): boolean {
  world.latency = cut(['n1', 'n2', 'n3']);
  world.run(15_000);
  world.latency = () => 1;
  world.run(15_000);
  return listsAll(world);
}

export function findsCrashed(world: World): boolean {
  world.kill('n7');
  world.run(20_000);
  return world.seen.some(({ observation: o }) => o.kind === 'status' && o.status === 'dead');
}
