import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyProtocol, type Conditions, settingsOf } from '../protocol.ts';
import { calmConditions, World, type WorldOptions } from '../testkit.ts';
import { rumorBounds, rumorClaims, rumorResidue } from './claims.ts';
import { decodeMessage, type Message } from './messages.ts';
import { rumorDeliversTwice, rumorDropsHalf, rumorInvents } from './planted-bugs.ts';
import { rumor } from './rumor.ts';
import { checkRumorSettings, type RumorSettings, rumorSettings } from './settings.ts';

const QUICK = settingsOf(rumorSettings, 'quick');
const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];

interface Extra {
  readonly protocol?: AnyProtocol;
  readonly settings?: Partial<RumorSettings>;
}

function createWorld({ protocol = rumor, settings, ...rest }: Partial<WorldOptions> & Extra = {}): World {
  const channels = [{ protocol, settings: { ...QUICK, ...settings }, name: 'rumor' }];
  const world = new World({ names: NAMES, channels, ...rest });
  world.startAll();
  return world;
}

const CALM = calmConditions(NAMES.length);
const BOUND_MS = rumorBounds(QUICK, CALM).deliveryMs ?? 0;

/** Broadcasts from all members in turn; numbers from `first`. */
function broadcastAll(world: World, count: number, everyMs: number, first = 1): void {
  for (let i = first; i < first + count; i++) {
    world.operate(NAMES[i % NAMES.length] ?? '', 'rumor', i, 'broadcast', `value ${i}`);
    world.run(everyMs);
  }
}

interface Deliveries {
  readonly total: number;
  readonly twice: number;
  readonly invented: number;
}

/** Per member and life; a value counts as invented unless that very instance was broadcast. */
function deliveriesOf(world: World): Deliveries {
  const broadcast = new Set<string>();
  for (const { member, life, observation } of world.seen) {
    if (observation.kind === 'broadcast')
      broadcast.add(`${member}/${life}/${observation.sequence}/value ${observation.operation}`);
  }
  const places = new Set<string>();
  let [total, invented] = [0, 0];
  for (const { member, life, observation } of world.seen) {
    if (observation.kind !== 'deliver') continue;
    total++;
    const { origin, originLife, sequence, value } = observation;
    places.add(`${member} ${life} ${origin}/${originLife}/${sequence}`);
    if (!broadcast.has(`${origin}/${originLife}/${sequence}/${value}`)) invented++;
  }
  return { total, twice: total - places.size, invented };
}

/** From a broadcast to its last delivery, ms, at most. */
function latestDeliveryMs(world: World): number {
  const starts = new Map<string, number>();
  let latest = 0;
  for (const { at, member, life, observation } of world.seen) {
    if (observation.kind === 'broadcast') starts.set(`${member}/${life}/${observation.sequence}`, at);
    else if (observation.kind === 'deliver') {
      const { origin, originLife, sequence } = observation;
      latest = Math.max(latest, at - (starts.get(`${origin}/${originLife}/${sequence}`) ?? 0));
    }
  }
  return latest;
}

function checkSizes(world: World): void {
  for (const sent of world.sent) expect(encode(sent.message).length).toBeLessThanOrEqual(1200);
}

const MODES = ['push', 'pull', 'push-pull'] as const;
const STOPS = ['coin', 'counter'] as const;
const FEEDBACKS = ['feedback', 'blind'] as const;
const VARIANTS = MODES.flatMap((mode) =>
  STOPS.flatMap((stop) => FEEDBACKS.map((feedback) => ({ mode, stop, feedback }))),
);

describe.each(VARIANTS)('rumour mongering, $mode $stop $feedback', (variant) => {
  it('spreads, delivers nothing twice and nothing invented, and cools down, over lossy and doubling links', () => {
    for (const seed of ['a', 'b', 'c']) {
      let draws = 7;
      const world = createWorld({ settings: variant, seed });
      world.latency = () => {
        draws = (Math.imul(draws, 1103515245) + 12345) >>> 0;
        return draws % 10 === 0 ? undefined : 1 + (draws % 30);
      };
      for (let i = 1; i <= 30; i++) {
        broadcastAll(world, 1, 20, i);
        // A datagram that arrives twice, the second time late.
        for (const sent of world.sent.slice(-3)) world.inject(sent.to, sent.from, 1, sent.message);
      }
      world.run(QUICK.maxRounds * QUICK.intervalMs + BOUND_MS);
      const { total, twice, invented } = deliveriesOf(world);
      expect({ twice, invented }).toEqual({ twice: 0, invented: 0 });
      expect(total).toBeGreaterThan(0.8 * 30 * NAMES.length);
      checkSizes(world);
      const before = world.sent.length;
      world.run(10 * QUICK.intervalMs);
      const idle = world.sent.slice(before).map((sent) => (sent.message as Message).type);
      // Who pulls keeps asking; nobody has anything to tell.
      expect(idle.filter((type) => type !== 'pull')).toEqual([]);
      expect(idle.length).toBe(variant.mode === 'push' ? 0 : 10 * NAMES.length);
    }
  });
});

describe('residue', () => {
  it.each([
    { mode: 'push', stop: 'counter', feedback: 'feedback', k: 1 },
    { mode: 'push', stop: 'counter', feedback: 'feedback', k: 2 },
    { mode: 'push', stop: 'counter', feedback: 'blind', k: 2 },
    { mode: 'push', stop: 'coin', feedback: 'feedback', k: 2 },
    { mode: 'push', stop: 'coin', feedback: 'blind', k: 3 },
    { mode: 'push-pull', stop: 'counter', feedback: 'feedback', k: 2 },
  ] as const)('of $mode $stop $feedback k=$k is what theory says, or less', (variant) => {
    const settings = { ...QUICK, ...variant };
    const count = 1500;
    const world = createWorld({ settings: variant, seed: `${variant.k}` });
    broadcastAll(world, count, 100);
    world.run(BOUND_MS);
    const missed = 1 - (deliveriesOf(world).total - count) / (count * (NAMES.length - 1));
    const expected = rumorResidue(settings, CALM);
    // Misses of one broadcast go together, at worst all of its six: four standard deviations with that.
    const margin = 4 * Math.sqrt((expected * (1 - expected)) / count);
    expect(missed).toBeLessThan(expected + margin);
    // Where theory is exact and not a bound, it is met from below too; with k = 1 there is nothing to set back.
    const setBack = variant.stop === 'counter' && variant.feedback === 'feedback' && variant.k > 1;
    if (variant.mode === 'push' && !setBack) expect(missed).toBeGreaterThan(expected - margin);
    expect(latestDeliveryMs(world)).toBeLessThan(rumorBounds(settings, CALM).deliveryMs ?? 0);
  });

  it('of the quick settings is small, and 500 broadcasts arrive everywhere', () => {
    expect(rumorResidue(QUICK, CALM)).toBeLessThan(0.001);
    const world = createWorld();
    broadcastAll(world, 500, 30);
    world.run(BOUND_MS);
    expect(deliveriesOf(world)).toEqual({ total: 500 * NAMES.length, twice: 0, invented: 0 });
  });
});

describe('operations', () => {
  it('answer with the instance, deliver at home at once, and refuse what is no text or too long', () => {
    const world = createWorld({ latency: () => undefined });
    world.operate('n1', 'rumor', 1, 'broadcast', 'a');
    world.operate('n1', 'rumor', 2, 'broadcast', 'a');
    expect(world.replies.get(2)).toEqual({ type: 'ok', value: { origin: 'n1', life: 1, sequence: 2 } });
    expect(world.view('n1')).toEqual({ 'n1/1': '1-2' });
    for (const [id, value] of [
      [3, 5],
      [4, 'x'.repeat(513)],
      [5, '\ud800'],
    ] as const) {
      world.operate('n1', 'rumor', id, 'broadcast', value);
      expect(world.replies.get(id)?.type).toBe('fail');
    }
    world.operate('n1', 'rumor', 6, 'shout', 'a');
    expect(world.replies.get(6)?.type).toBe('fail');
  });
});

describe('restarts', () => {
  it('with state deliver nothing again, keep counting, and spread what was hot', () => {
    const world = createWorld();
    broadcastAll(world, 14, 20);
    world.run(BOUND_MS);
    world.latency = () => undefined;
    world.operate('n1', 'rumor', 15, 'broadcast', 'value 15');
    world.kill('n1');
    world.latency = () => 1;
    world.start('n1', { restore: true });
    world.operate('n1', 'rumor', 16, 'broadcast', 'value 16');
    expect(world.replies.get(16)).toEqual({ type: 'ok', value: { origin: 'n1', life: 1, sequence: 4 } });
    world.run(BOUND_MS);
    expect(deliveriesOf(world)).toEqual({ total: 16 * NAMES.length, twice: 0, invented: 0 });
  });

  it('without state are a life of its own, with numbers of its own', () => {
    const world = createWorld();
    broadcastAll(world, 7, 20);
    world.run(BOUND_MS);
    world.kill('n1');
    world.start('n1');
    world.operate('n1', 'rumor', 8, 'broadcast', 'value 8');
    expect(world.replies.get(8)).toEqual({ type: 'ok', value: { origin: 'n1', life: 2, sequence: 1 } });
    world.run(BOUND_MS);
    expect(world.view('n4')).toMatchObject({ 'n1/1': '1', 'n1/2': '1' });
    expect(deliveriesOf(world)).toMatchObject({ twice: 0, invented: 0 });
  });
});

describe('many at once', () => {
  it('600 hot rumours of 500 bytes wait their turn in datagrams of 1,200 bytes', () => {
    const world = createWorld({ settings: { intervalMs: 10, maxRounds: 10_000 } });
    for (let i = 1; i <= 600; i++) {
      world.operate(NAMES[i % 7] ?? '', 'rumor', i, 'broadcast', `value ${i}`.padEnd(500, '.'));
    }
    world.run(60_000);
    const total = world.seen.filter((seen) => seen.observation.kind === 'deliver').length;
    expect(total).toBe(600 * NAMES.length);
    checkSizes(world);
  });
});

describe('a load that one datagram does not hold', () => {
  /** 400 broadcasts; the share of (broadcast, other member) pairs that stay without. */
  function residueOf(
    settings: Partial<RumorSettings>,
    everyMs = 10,
  ): { residue: number; latestMs: number; world: World } {
    const world = createWorld({ settings });
    broadcastAll(world, 400, everyMs);
    world.run(BOUND_MS);
    const residue = 1 - (deliveriesOf(world).total - 400) / (400 * (NAMES.length - 1));
    return { residue, latestMs: latestDeliveryMs(world), world };
  }

  it('spreads without residue, in time, and no partner gets more datagrams than the setting says', () => {
    const { residue, latestMs, world } = residueOf({});
    expect(residue).toBe(0);
    expect(latestMs).toBeLessThan(BOUND_MS);
    checkSizes(world);
    const most = (type: string): number => {
      const counts = new Map<string, number>();
      for (const sent of world.sent) {
        if ((sent.message as Message).type !== type) continue;
        const key = `${sent.at} ${sent.from} ${sent.to}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      return Math.max(...counts.values());
    };
    expect(most('push')).toBeGreaterThan(2);
    expect(most('push')).toBeLessThanOrEqual(QUICK.maxDatagramsPerRound);
    expect(
      new Set(world.sent.filter(({ message }) => (message as Message).type === 'push').map((sent) => sent.at)).size,
    ).toBeGreaterThan(50);
  });

  it('asks once a round, with the last datagram, and is not told what it told', () => {
    const world = createWorld({ names: ['n1', 'n2'], settings: { fanout: 1 } });
    for (let i = 1; i <= 100; i++) world.operate('n1', 'rumor', i, 'broadcast', `value ${i}`);
    world.run(2 * QUICK.intervalMs);
    const messages = world.sent.filter(({ from }) => from === 'n1').map(({ message }) => message as Message);
    const pushes = messages.filter((message) => message.type === 'push');
    expect(pushes.slice(0, 4).map(({ pull }) => pull)).toEqual([false, false, true, false]);
    expect(world.sent.filter(({ message }) => (message as Message).type === 'answer')).toEqual([]);
    expect(world.view('n2')).toEqual({ 'n1/1': '1-100' });
  });

  it('tells least told ones first where not all fit, so that none is kept from its first telling', () => {
    const world = createWorld({ names: ['n1', 'n2'], settings: { maxDatagramsPerRound: 1 }, latency: () => undefined });
    const told = new Map<string, number>();
    // Each round brings half of what a datagram holds, while all stay hot: no feedback arrives.
    for (let i = 1; i <= 200; i++) {
      world.operate('n1', 'rumor', i, 'broadcast', `value ${i}`.padEnd(60, '.'));
      world.run(QUICK.intervalMs / 6);
    }
    for (const { message } of world.sent) {
      const push = message as Message;
      if (push.type !== 'push') continue;
      for (const [, , sequence] of push.rumors) told.set(`${sequence}`, (told.get(`${sequence}`) ?? 0) + 1);
    }
    const waiting = Array.from({ length: 190 }, (_, i) => `${i + 1}`).filter((sequence) => !told.has(sequence));
    expect(waiting).toEqual([]);
    expect(Math.max(...told.values())).toBeGreaterThan(1);
  });

  it('leaves a residue where a round has one datagram only: what the claim calls an overload', () => {
    expect(residueOf({ maxDatagramsPerRound: 1, maxRounds: 24 }, 1).residue).toBeGreaterThan(0.01);
    expect(residueOf({ maxRounds: 24 }, 1).residue).toBe(0);
  });
});

describe('messages from outside', () => {
  it('that nobody can have sent deliver nothing', () => {
    const world = createWorld({ latency: () => undefined });
    const push = (...told: unknown[]): object => ({
      type: 'push',
      contact: 1,
      feedback: true,
      pull: true,
      rumors: told,
    });
    world.inject('n1', 'n2', 1, push(['n1', 1, 9, 'not mine'], ['stranger', 1, 1, 'v']));
    world.inject('n1', 'n2', 1, { type: 'feedback', contact: 1, known: '11' });
    expect(world.view('n1')).toEqual({});
    world.inject('n1', 'n2', 1, push(['n2', 1, 9, 'v'], ['n2', 1, 9, 'v']));
    expect(world.view('n1')).toEqual({ 'n2/1': '9' });
    expect(deliveriesOf(world).twice).toBe(0);
  });

  it('that are none are refused without an exception', () => {
    fc.assert(fc.property(fc.anything(), (raw) => decodeMessage(raw) === undefined));
    const good: Message = { type: 'answer', contact: 1, feedback: true, rumors: [['n1', 1, 1, 'v']] };
    expect(decodeMessage(good)).toEqual(good);
    const field = fc.constantFrom('type', 'contact', 'feedback', 'pull', 'rumors', 'known');
    const world = createWorld({ latency: () => undefined });
    fc.assert(
      fc.property(field, fc.anything(), (name, value) => {
        world.inject('n1', 'n2', 1, { ...good, [name]: value });
      }),
      { numRuns: 1000 },
    );
    for (const bad of [
      ['n1', 0, 1, 'v'],
      ['n1', 1, 0, 'v'],
      ['n1', 1, 1],
      ['', 1, 1, 'v'],
      ['n1', 1, 1.5, 'v'],
      ['n1', 1, 1, 7],
    ]) {
      expect(decodeMessage({ ...good, rumors: [bad] }), JSON.stringify(bad)).toBeUndefined();
    }
  });
});

describe('claims', () => {
  it('say that the residue of pull alone is not known', () => {
    const coverage = rumorClaims.find((claim) => claim.property === 'coverage');
    expect(coverage?.beyond?.(QUICK, CALM)).toBeUndefined();
    expect(coverage?.beyond?.({ ...QUICK, mode: 'pull' }, CALM)).toContain('pull');
  });

  it('hold up to the load that fits into a round, which faults make smaller', () => {
    const coverage = rumorClaims.find((claim) => claim.property === 'coverage');
    const beyond = (perSecond: number, over: Partial<Conditions> = {}, settings: Partial<RumorSettings> = {}) =>
      coverage?.beyond?.(
        { ...QUICK, ...settings },
        { ...CALM, load: new Map([['broadcast', { perSecond, valueBytes: 8 }]]), ...over },
      );
    expect(beyond(100)).toBeUndefined();
    expect(beyond(1000)).toMatch(
      /1000 broadcasts in a second are planned, .* up to \d+ a second fit into the 32 datagrams/,
    );
    expect(beyond(100, {}, { maxDatagramsPerRound: 1 })).toContain('1 datagrams');
    expect(beyond(200)).toBeUndefined();
    expect(beyond(200, { kinds: ['loss'] })).toBeDefined();
    expect(beyond(100, { load: new Map([['broadcast', { perSecond: 100, valueBytes: 500 }]]) })).toBeDefined();
    expect(beyond(100, { load: new Map([['write', { perSecond: 10_000, valueBytes: 500 }]]) })).toBeUndefined();
    const delivery = rumorClaims.find((claim) => claim.property === 'delivery');
    expect(delivery?.beyond).toBeUndefined();
  });

  it('need a round limit far from the stopping rule', () => {
    expect(checkRumorSettings(QUICK)).toBeUndefined();
    expect(checkRumorSettings({ ...QUICK, maxRounds: 10 })).toContain('at least 24');
  });
});

describe('planted bugs', () => {
  it.each([
    [rumorDeliversTwice, 'twice'],
    [rumorInvents, 'invented'],
  ] as const)('%o are seen, and the real protocol on the same seed is not', (protocol, flaw) => {
    const found = [protocol, rumor].map((each) => {
      const world = createWorld({ protocol: each });
      broadcastAll(world, 20, 20);
      world.run(BOUND_MS);
      return deliveriesOf(world)[flaw];
    });
    expect(found[0]).toBeGreaterThan(0);
    expect(found[1]).toBe(0);
  });

  it('drops half: far more is missed than the residue', () => {
    const world = createWorld({ protocol: rumorDropsHalf });
    broadcastAll(world, 50, 20);
    world.run(BOUND_MS);
    const missed = 1 - (deliveriesOf(world).total - 50) / (50 * 6);
    expect(missed).toBeGreaterThan(0.3);
  });
});
