/** Each part of Lifeguard (arXiv 1707.00788, section IV) at one member, step by step, with its switch on and off. */
import { beforeEach, describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { ALIVE, DEAD, SUSPECT, type Update } from '../primitives/membership-order.ts';
import { type Observation, settingsOf } from '../protocol.ts';
import { consul } from './consul.ts';
import type { Message } from './messages.ts';
import { type ConsulSettings, consulSettings } from './settings.ts';
import type { ConsulContext, ConsulState, Timer } from './state.ts';

const lan: ConsulSettings = settingsOf(consulSettings, 'default');
const roster = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];

let now = 0;
let timers: { at: number; timer: Timer }[] = [];
let sent: { at: number; to: string; message: Message; stream: boolean }[] = [];
let emitted: { at: number; observation: Observation }[] = [];
let context: ConsulContext;
let state: ConsulState;

/** A member that knows all others, and has just heard of them. */
function boot(settings: ConsulSettings): void {
  now = 0;
  timers = [];
  sent = [];
  emitted = [];
  const random = split('lifeguard');
  context = {
    self: 'n1',
    life: 1,
    roster,
    settings,
    random,
    peers: { count: 0, sample: () => [], has: () => false },
    now: () => now,
    monotonic: () => now,
    send: (to, message) => sent.push({ at: now, to, message, stream: false }),
    stream: (to, message) => sent.push({ at: now, to, message, stream: true }),
    setTimer: (delayMs, timer) => timers.push({ at: now + delayMs, timer: timer as Timer }),
    persist: () => {},
    reply: () => {},
    emit: (observation) => emitted.push({ at: now, observation }),
    reach: () => undefined,
    announce: () => {},
  };
  state = consul.init(context);
  consul.handle(state, { type: 'start', restored: undefined, seeds: [] }, context);
  for (const name of roster.slice(1)) hear(name, []);
}

beforeEach(() => boot(lan));

function deliver(from: string, message: Message): void {
  expect(consul.decode(structuredClone(message))).toEqual(message);
  consul.handle(state, { type: 'message', from, fromLife: 1, message }, context);
}

function hear(from: string, u: readonly Update[]): void {
  deliver(from, { k: 'gossip', i: 0, u });
}

/** Fires timers in order of time up to `until`. `answer` sees what each step sent. */
function runTo(until: number, answer: (one: (typeof sent)[number]) => void = () => {}): void {
  for (;;) {
    const next = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
    if (next === undefined) break;
    timers.splice(timers.indexOf(next), 1);
    now = next.at;
    const before = sent.length;
    consul.handle(state, { type: 'timer', timer: next.timer }, context);
    for (const one of sent.slice(before)) answer(one);
  }
  now = until;
}

const ackAll = (one: (typeof sent)[number]): void => {
  if (one.message.k === 'ping') deliver(one.to, { k: 'ack', s: one.message.s, i: 0, u: [] });
};
const nackAll = (one: (typeof sent)[number]): void => {
  if (one.message.k === 'req') deliver(one.to, { k: 'nack', s: one.message.s, i: 0, u: [] });
};

const said = (subject: string) =>
  emitted.flatMap(({ at, observation: o }) =>
    o.kind === 'status' && o.subject === subject && o.status !== 'alive' ? [{ status: o.status, at, by: o.by }] : [],
  );
const pingTimes = () => sent.filter(({ message }) => message.k === 'ping').map(({ at }) => at);

describe('LHA-Probe: the health score', () => {
  it('stays 0 while probes are answered', () => {
    runTo(20_000, ackAll);
    expect(state.health).toBe(0);
    expect(pingTimes().length).toBe(20);
  });

  it('a failed probe counts for nothing where all helpers sent a nack', () => {
    runTo(1000, nackAll);
    const { target = '', sentAt = 0 } = state.probe ?? {};
    runTo(sentAt + 1001, nackAll);
    expect(said(target)).toMatchObject([{ status: 'suspect', by: 'n1' }]);
    expect(state.health).toBe(0);
  });

  it('each missing nack adds one, up to one below the maximum', () => {
    runTo(1000);
    const first = pingTimes()[0] ?? 0;
    runTo(first + 999);
    expect(state.health).toBe(0);
    runTo(first + 1001);
    expect(state.health).toBe(3);
    runTo(60_000);
    expect(state.health).toBe(7);
  });

  it('without helpers, a failed probe adds one', () => {
    boot({ ...lan, indirectProbes: 0 });
    runTo(1000);
    runTo((state.probe?.sentAt ?? 0) + 1001);
    expect(state.health).toBe(1);
  });

  it('refuting a suspicion of oneself adds one, an answered probe takes one away', () => {
    hear('n2', [['n1', 1, 0, SUSPECT, 'n2']]);
    expect(state.health).toBe(1);
    hear('n2', [['n1', 1, 1, DEAD, 'n2']]);
    expect(state.health).toBe(2);
    // An old one is refuted already.
    hear('n3', [['n1', 1, 0, SUSPECT, 'n3']]);
    expect(state.health).toBe(2);
    runTo(1000, ackAll);
    expect(state.health).toBe(1);
    runTo(9000, ackAll);
    expect(state.health).toBe(0);
  });

  it('stretches the time that a probe has before it has failed, not its time-out, and acks end it early', () => {
    state.health = 2;
    runTo(1000);
    const [first = 0] = pingTimes();
    const asked = () => sent.filter(({ message }) => message.k === 'req').map(({ at }) => at);
    runTo(first + 2999);
    expect(pingTimes()).toEqual([first]);
    expect(asked()).toEqual([first + 500, first + 500, first + 500]);
    const target = state.probe?.target ?? '';
    expect(said(target)).toEqual([]);
    runTo(first + 3001, ackAll);
    expect(said(target)).toMatchObject([{ status: 'suspect', by: 'n1' }]);
    runTo(first + 5001, ackAll);
    expect(
      pingTimes()
        .slice(1)
        .map((at) => Math.round(at - first)),
    ).toEqual([3000, 4000, 5000]);
  });

  it('stretches the time-out too where that is asked for, as in the paper', () => {
    boot({ ...lan, scaleProbeTimeout: true });
    state.health = 2;
    runTo(1000);
    const probe = state.probe;
    runTo((probe?.sentAt ?? 0) + 1499);
    expect(probe?.helpers).toEqual([]);
    runTo((probe?.sentAt ?? 0) + 1501);
    expect(probe?.helpers.length).toBe(3);
  });

  it('is off: no nacks are asked for and the score stays 0', () => {
    boot({ ...lan, lhaProbe: false });
    runTo(10_000);
    hear('n2', [['n1', 1, 0, SUSPECT, 'n2']]);
    expect(state.health).toBe(0);
    const requests = sent.flatMap(({ message }) => (message.k === 'req' ? [message.n] : []));
    expect(requests.length).toBeGreaterThan(3);
    expect(requests.some(Boolean)).toBe(false);
  });
});

describe('LHA-Probe: helpers', () => {
  const request = (n: boolean) => deliver('n2', { k: 'req', s: 5, t: 'n3', n, i: 0, u: [] });
  const nacks = () => sent.filter(({ message }) => message.k === 'nack');

  it('send a nack at 80 % of the time-out when no ack has come', () => {
    request(true);
    runTo(399);
    expect(nacks()).toEqual([]);
    runTo(401);
    expect(nacks()).toMatchObject([{ to: 'n2', at: 400, message: { s: 5 } }]);
  });

  it('send the ack instead when it came', () => {
    request(true);
    const ping = sent.find(({ message, to }) => message.k === 'ping' && to === 'n3')?.message as { s: number };
    deliver('n3', { k: 'ack', s: ping.s, i: 4, u: [] });
    runTo(1000, ackAll);
    expect(nacks()).toEqual([]);
    const passed = sent.filter(({ message }) => message.k === 'iack');
    expect(passed).toMatchObject([{ to: 'n2', message: { s: 5, t: 'n3', l: 1, j: 4 } }]);
  });

  it('send none where none was asked for', () => {
    request(false);
    runTo(1000, ackAll);
    expect(nacks()).toEqual([]);
  });

  it('a nack from one who was not asked counts for nothing', () => {
    runTo(1000);
    const probe = state.probe;
    const first = probe?.sentAt ?? 0;
    runTo(first + 600);
    const outsider = roster.slice(1).find((name) => !probe?.helpers.includes(name) && name !== probe?.target) ?? '';
    deliver(outsider, { k: 'nack', s: probe?.sequence ?? 0, i: 0, u: [] });
    expect(probe?.nacks.size).toBe(0);
  });
});

// α log10(7) < 1: the least suspicion is 4 s, the longest 24 s, and K = 2 (memberlist LAN).
describe('LHA-Suspicion', () => {
  const accuse = (by: string) => hear(by, [['n5', 1, 0, SUSPECT, by]]);
  const deathAt = () => said('n5').find(({ status }) => status === 'dead')?.at;
  const runQuietly = (until: number) => runTo(until, ackAll);

  it('an unconfirmed suspicion lasts β times the least', () => {
    accuse('n2');
    // Again by the same: no confirmation.
    accuse('n2');
    runQuietly(60_000);
    expect(deathAt()).toBeCloseTo(24_000, 6);
  });

  it('one confirmation shortens it, two bring it to the least; a third is not passed on', () => {
    accuse('n2');
    runQuietly(1000);
    accuse('n3');
    const queued = () => sent.filter(({ message }) => message.u.some((u) => u[0] === 'n5' && u[4] === 'n3')).length;
    runQuietly(2000);
    expect(queued()).toBeGreaterThan(0);
    expect(state.suspicions.get('n5')?.accusers.size).toBe(2);
    runQuietly(3000);
    accuse('n4');
    accuse('n6');
    expect(state.suspicions.get('n5')?.accusers).toEqual(new Set(['n2', 'n3', 'n4']));
    runQuietly(60_000);
    expect(deathAt()).toBeCloseTo(4000, 6);
    expect(said('n5').map(({ status }) => status)).toEqual(['suspect', 'dead']);
  });

  it('one confirmation alone: 24 - 20 log 2 / log 3 s', () => {
    accuse('n2');
    runQuietly(1000);
    accuse('n3');
    runQuietly(60_000);
    expect(deathAt()).toBeCloseTo(Math.floor(24_000 - 20_000 * (Math.log(2) / Math.log(3))), 6);
  });

  it('confirmations that come after the least duration end it at once', () => {
    accuse('n2');
    runQuietly(10_000);
    accuse('n3');
    accuse('n4');
    runQuietly(10_001);
    expect(deathAt()).toBeCloseTo(10_000, 6);
  });

  it("the member's own failed probe of a suspect confirms", () => {
    accuse('n2');
    runTo(10_000, (one) => {
      if (one.to !== 'n5') ackAll(one);
    });
    expect(state.suspicions.get('n5')?.accusers.has('n1')).toBe(true);
  });

  it('a refutation ends it, and its timer finds nothing', () => {
    accuse('n2');
    hear('n3', [['n5', 1, 1, ALIVE]]);
    hear('n3', [['n5', 1, 1, SUSPECT, 'n3']]);
    expect(state.suspicions.get('n5')?.accusers).toEqual(new Set(['n3']));
    hear('n3', [['n5', 1, 2, ALIVE]]);
    runQuietly(60_000);
    expect(deathAt()).toBeUndefined();
  });

  it('is off: every suspicion has the least duration, and confirmations are not passed on', () => {
    boot({ ...lan, lhaSuspicion: false });
    accuse('n2');
    accuse('n3');
    expect(state.suspicions.get('n5')?.accusers.size).toBe(1);
    runQuietly(60_000);
    expect(deathAt()).toBeCloseTo(4000, 6);
  });

  it('a death in a whole state only makes suspect, and the least duration is kept where nobody could confirm', () => {
    deliver('n2', { k: 'sync', q: false, i: 0, u: [['n5', 1, 0, DEAD, 'n2']] });
    expect(said('n5')).toMatchObject([{ status: 'suspect', by: 'n1' }]);
    for (const name of ['n2', 'n3', 'n4', 'n7']) hear('n6', [[name, 1, 0, DEAD, 'n6']]);
    // Three are left, self included: n5, n6 and n1 itself.
    hear('n2', [['n6', 1, 0, SUSPECT, 'n2']]);
    expect(state.suspicions.get('n6')).toMatchObject({ k: 0 });
  });
});

describe('buddy system', () => {
  /** The pings to n5 while it is suspected, once the gossip about it is used up. */
  function pingsTo(settings: ConsulSettings): readonly Message[] {
    boot(settings);
    hear('n2', [['n5', 1, 0, SUSPECT, 'n2']]);
    runTo(6000, ackAll);
    sent = [];
    runTo(16_000, ackAll);
    return sent.flatMap(({ to, message }) => (to === 'n5' && message.k === 'ping' ? [message] : []));
  }

  it('a probe of a suspected member carries the suspicion', () => {
    const pings = pingsTo(lan);
    expect(pings.length).toBeGreaterThan(0);
    for (const ping of pings) expect(ping.u[0]).toEqual(['n5', 1, 0, SUSPECT, 'n2']);
  });

  it('is off: it carries what the queue has, and that is nothing', () => {
    const pings = pingsTo({ ...lan, buddy: false });
    expect(pings.length).toBeGreaterThan(0);
    for (const ping of pings) expect(ping.u).toEqual([]);
  });
});
