import { describe, expect, it } from 'vitest';
import { type PlannedFault, touches } from '../../harness/model/fault.ts';
import type { LinkReceipt, TrafficLine } from '../../harness/model/history.ts';
import type { Data } from '../../impl/protocol.ts';
import { createFaultEffectChecker } from './fault-effect.ts';
import { MEMBERS, TestHistory } from './test-history.ts';

const MS = 1e6;
/** Every fault of these tests is on from 1 s to 9 s. */
const WINDOW = { atMs: 1000, untilMs: 9000 };

interface Carried {
  readonly sent?: number;
  readonly received?: number;
  readonly duplicates?: number;
  readonly corrupted?: number;
  readonly delayMs?: number;
  readonly bytes?: number;
}

/** 1,000 datagrams of 100 bytes on each link, 1 ms each, and nothing happens to them. */
const HEALTHY = { sent: 1000, duplicates: 0, corrupted: 0, delayMs: 1 };

interface Scene {
  readonly faults: readonly PlannedFault[];
  /** What each link carries while the faults are on. */
  readonly during?: (from: string, to: string) => Carried;
  /** And in the second before. */
  readonly before?: (from: string, to: string) => Carried;
  readonly more?: (history: TestHistory) => void;
  readonly traffic?: readonly (Partial<TrafficLine> & { member: string; time: number })[];
}

function judge({ faults, during = () => ({}), before = () => ({}), more, traffic = [] }: Scene) {
  const history = new TestHistory({ channels: [], faults });
  const ids = faults.map((fault) => fault.id);
  history.add({ type: 'epoch', time: 0, epoch: 0, faults: [] });
  history.add({ type: 'epoch', time: 1000 * MS, epoch: 1, faults: ids });
  for (const fault of faults) history.fault(1000, fault.id, fault.type, 'start');
  more?.(history);
  for (const line of traffic) {
    const empty = { sent: {}, received: {}, dropped: {}, wallAheadMs: 0, monotonicMs: 1000, stalledMs: 0 };
    history.add({ type: 'traffic', life: 1, since: line.time - 1000 * MS, ...empty, ...line });
  }
  for (const fault of faults) history.fault(9000, fault.id, fault.type, 'end');
  history.add({ type: 'epoch', time: 9000 * MS, epoch: 2, faults: [] });
  history.phase(10_000, 'heal').phase(14_000, 'final');
  addLinks(history, 0, before);
  addLinks(history, 1, during);
  return history.end(15_000).property(createFaultEffectChecker, 'fault-effect');
}

function addLinks(history: TestHistory, epoch: number, carried: (from: string, to: string) => Carried): void {
  for (const member of MEMBERS) {
    const others = MEMBERS.filter((other) => other !== member);
    const received: Record<string, LinkReceipt> = {};
    const sent: Record<string, readonly [number, number]> = {};
    const corrupted: Record<string, number> = {};
    for (const other of others) {
      const out = { ...HEALTHY, ...carried(member, other) };
      sent[other] = [out.sent, out.sent * 100];
      const back = { ...HEALTHY, ...carried(other, member) };
      const arrivals = (back.received ?? back.sent) + back.duplicates;
      if (back.corrupted > 0) corrupted[other] = back.corrupted;
      if (arrivals === 0) continue;
      received[other] = {
        received: arrivals,
        bytes: back.bytes ?? arrivals * 100,
        duplicates: back.duplicates,
        overtaken: 0,
        delaySum: arrivals * back.delayMs,
        delaySquares: arrivals * back.delayMs ** 2,
        delayMin: back.delayMs,
        delayMax: back.delayMs,
      };
    }
    history.add({ type: 'links', time: 14_900 * MS, member, life: 1, epoch, sent, received, corrupted });
  }
}

const PARTITION: PlannedFault = {
  id: 'p',
  type: 'partition',
  shape: 'one',
  cuts: [
    { from: ['n1'], to: ['n2', 'n3'] },
    { from: ['n2', 'n3'], to: ['n1'] },
  ],
  ...WINDOW,
};
const cut = (from: string, to: string) => touches(PARTITION.cuts, from, to);
const LOSS: PlannedFault = { id: 'l', type: 'loss', links: 'all', probability: 0.1, ...WINDOW };
const BURST: PlannedFault = { ...LOSS, burst: 5 };
const DELAY: PlannedFault = { id: 'd', type: 'delay', links: 'all', delayMs: 50, jitterMs: 10, ...WINDOW };
const DUPLICATE: PlannedFault = { id: 'u', type: 'duplicate', links: 'all', probability: 0.2, ...WINDOW };
const REORDER: PlannedFault = { id: 'r', type: 'reorder', links: 'all', probability: 0.5, holdMs: 40, ...WINDOW };
const CORRUPT: PlannedFault = { id: 'c', type: 'corrupt', links: 'all', probability: 0.1, ...WINDOW };
const BANDWIDTH: PlannedFault = {
  id: 'b',
  type: 'bandwidth',
  links: 'all',
  bitsPerSecond: 80_000,
  queueMs: 200,
  ...WINDOW,
};

interface Case {
  readonly name: string;
  readonly faults: readonly PlannedFault[];
  readonly during: (from: string, to: string) => Carried;
}

describe('link faults', () => {
  const asAsked: readonly Case[] = [
    { name: 'a partition', faults: [PARTITION], during: (a, b) => (cut(a, b) ? { received: 0 } : {}) },
    { name: 'loss', faults: [LOSS], during: () => ({ received: 903 }) },
    { name: 'loss in bursts, which varies more', faults: [BURST], during: () => ({ received: 875 }) },
    {
      name: 'loss beside a partition',
      faults: [PARTITION, LOSS],
      during: (a, b) => ({ received: cut(a, b) ? 0 : 905 }),
    },
    { name: 'loss and corruption together', faults: [LOSS, CORRUPT], during: () => ({ received: 812, corrupted: 91 }) },
    { name: 'delay', faults: [DELAY], during: () => ({ delayMs: 51.1 }) },
    { name: 'duplicates', faults: [DUPLICATE], during: () => ({ duplicates: 204 }) },
    { name: 'reordering', faults: [REORDER], during: () => ({ delayMs: 21.2 }) },
    { name: 'corruption', faults: [CORRUPT], during: () => ({ received: 898, corrupted: 102 }) },
    { name: 'bandwidth', faults: [BANDWIDTH], during: () => ({ received: 700, delayMs: 100 }) },
  ];
  it.each(asAsked)('spares $name as asked', ({ faults, during }) => {
    expect(judge({ faults, during })).toMatchObject({ verdict: 'valid', judged: faults.length, violations: 0 });
  });

  const off: readonly Case[] = [
    { name: 'a partition that leaks', faults: [PARTITION], during: (a, b) => (cut(a, b) ? { received: 1 } : {}) },
    { name: 'loss that is not there', faults: [LOSS], during: () => ({}) },
    { name: 'half the loss', faults: [LOSS], during: () => ({ received: 950 }) },
    { name: 'twice the loss', faults: [LOSS], during: () => ({ received: 800 }) },
    { name: 'bursts that lose nothing', faults: [BURST], during: () => ({}) },
    { name: 'half the delay', faults: [DELAY], during: () => ({ delayMs: 26 }) },
    { name: 'more than the delay', faults: [DELAY], during: () => ({ delayMs: 55 }) },
    { name: 'no duplicates', faults: [DUPLICATE], during: () => ({}) },
    { name: 'too many duplicates', faults: [DUPLICATE], during: () => ({ duplicates: 300 }) },
    { name: 'nothing held back', faults: [REORDER], during: () => ({}) },
    { name: 'no corruption', faults: [CORRUPT], during: () => ({}) },
    { name: 'more bytes than the bandwidth', faults: [BANDWIDTH], during: () => ({ bytes: 90_000, delayMs: 100 }) },
    { name: 'messages quicker than their bytes', faults: [BANDWIDTH], during: () => ({ received: 700, delayMs: 1 }) },
  ];
  it.each(off)('convicts $name', ({ faults, during }) => {
    const result = judge({ faults, during });
    expect(result).toMatchObject({ verdict: 'invalid', violations: 1 });
    expect(result.witness?.summary).toContain(faults[0]?.id ?? '?');
  });

  it('does not know a fault that nothing passed under', () => {
    expect(judge({ faults: [LOSS], during: () => ({ sent: 0, received: 0 }) })).toMatchObject({ verdict: 'unknown' });
  });

  it('does not take messages to a member that was down for lost', () => {
    const more = (history: TestHistory) => history.member('n3', 3000, 'crash');
    const result = judge({ faults: [LOSS], during: (_, to) => ({ received: to === 'n3' ? 200 : 900 }), more });
    expect(result).toMatchObject({ verdict: 'valid', violations: 0 });
    // The control: the same counts with n3 up are too much loss.
    expect(judge({ faults: [LOSS], during: (_, to) => ({ received: to === 'n3' ? 200 : 900 }) }).verdict).toBe(
      'invalid',
    );
  });

  it('convicts loss where no fault is on', () => {
    expect(judge({ faults: [], before: () => ({ received: 990 }) })).toMatchObject({
      verdict: 'invalid',
      violations: 1,
    });
    expect(judge({ faults: [] })).toMatchObject({ verdict: 'not-applicable' });
  });

  it('counts nothing of what a member sent in an epoch that it overran', () => {
    const leak = (from: string, to: string) => (from === 'n1' && to === 'n2' ? { received: 600 } : { received: 0 });
    const partition: PlannedFault = { ...PARTITION, cuts: [{ from: MEMBERS, to: MEMBERS }] };
    const overrun = (history: TestHistory) =>
      history.add({ type: 'overrun', time: 9000 * MS, epoch: 1, members: ['n1'] });
    expect(judge({ faults: [partition], during: leak, more: overrun }).verdict).toBe('valid');
    // The controls: without that line it is a leak, and of another epoch the line says nothing.
    expect(judge({ faults: [partition], during: leak }).verdict).toBe('invalid');
    const other = (history: TestHistory) =>
      history.add({ type: 'overrun', time: 1000 * MS, epoch: 0, members: ['n1'] });
    expect(judge({ faults: [partition], during: leak, more: other }).verdict).toBe('invalid');
    const all = (history: TestHistory) => history.add({ type: 'overrun', time: 0, epoch: 1, members: MEMBERS });
    expect(judge({ faults: [LOSS], during: () => ({ received: 900 }), more: all }).verdict).toBe('unknown');
  });

  it('takes from a delay between hosts what their clocks leave open, and no more', () => {
    // 3 ms at either end of four of the six links: 4 ms of their mean.
    const host = { errorMs: -1, uncertaintyMs: 2 };
    const hosts = [
      { host: 'a', members: ['n1'], ...host },
      { host: 'b', members: ['n2', 'n3'], ...host },
    ];
    const late = (delayMs: number, apart: boolean) =>
      judge({
        faults: [DELAY],
        during: () => ({ delayMs }),
        more: (history) => (apart ? history.add({ type: 'clocks', time: 0, hosts }) : history),
      });
    expect(late(54, false).verdict).toBe('invalid');
    expect(late(54, true).verdict).toBe('valid');
    const rows = late(54, true).details?.effects as readonly Data[];
    expect(rows[0]).toMatchObject({ measured: expect.stringContaining('± 4 ms') });
    expect(late(60, true).verdict).toBe('invalid');
    expect(late(26, true).verdict).toBe('invalid');
  });

  it('shows a row for each fault and for the control', () => {
    const rows = judge({ faults: [LOSS], during: () => ({ received: 900 }) }).details?.effects as readonly Data[];
    expect(rows).toMatchObject([
      { fault: 'l', kind: 'loss', asked: '10 % lost', sent: 6000, received: 5400, outcome: 'as-asked' },
      { fault: 'control', sent: 6000, received: 6000, measured: '0 % lost' },
    ]);
    const { low, high } = rows[0] as { low: number; high: number };
    expect(low).toBeGreaterThan(0.09);
    expect(high).toBeLessThan(0.111);
  });

  it('knows from the plan when a partition leaves a fault nothing', () => {
    const loss: PlannedFault = { ...LOSS, links: PARTITION.cuts };
    const result = judge({ faults: [PARTITION, loss], during: (a, b) => (cut(a, b) ? { received: 0 } : {}) });
    expect(result).toMatchObject({ verdict: 'valid', reason: '1 fault measured, each as asked' });
  });
});

describe('faults on members', () => {
  const SKEW: PlannedFault = { id: 's', type: 'clock-skew', targets: ['n1'], skewMs: 500, ...WINDOW };
  const DRIFT: PlannedFault = { id: 'w', type: 'clock-drift', targets: ['n1'], factor: 1.1, ...WINDOW };
  const TIMER: PlannedFault = { id: 't', type: 'timer-drift', targets: ['n1'], factor: 1.25, ...WINDOW };
  const PAUSE: PlannedFault = { id: 'z', type: 'pause', targets: ['n1'], ...WINDOW };
  const SLOW: PlannedFault = { id: 'o', type: 'slow', targets: ['n1'], blockMs: 400, everyMs: 500, ...WINDOW };
  const KILL: PlannedFault = { id: 'k', type: 'kill', targets: ['n1'], restart: 'with-state', ...WINDOW };
  const LEAVE: PlannedFault = { id: 'e', type: 'leave', targets: ['n1'], rejoin: true, ...WINDOW };
  const LIE: PlannedFault = {
    id: 'y',
    type: 'byzantine',
    targets: ['n1'],
    channel: 'bracha',
    behaviour: 'x',
    ...WINDOW,
  };

  const STROBE: PlannedFault = {
    id: 'l',
    type: 'clock-strobe',
    targets: ['n1'],
    skewMs: 500,
    everyMs: 100,
    ...WINDOW,
  };
  const CPU: PlannedFault = { id: 'c', type: 'cpu', targets: ['n1'], share: 0.05, ...WINDOW };
  const FULL: PlannedFault = { id: 'f', type: 'disk-full', targets: ['n1'], ...WINDOW };

  /** Of the second from 4 s on, unless another one is said. */
  const wall = (leaps: number, leastMs: number, mostMs: number, more: Partial<TrafficLine> = {}) => [
    { member: 'n1', time: 5000 * MS, wall: { looks: 40, leaps, leastMs, mostMs }, ...more },
  ];
  const used = (usedMs: number, throttled: number | null) => [
    { member: 'n1', time: 5000 * MS, cpu: { usedMs, throttled } },
  ];
  const disk = (storedBytes: number, refused: number, freeBytes: number | null = null) => [
    { member: 'n1', time: 5000 * MS, disk: { storedBytes, refused, freeBytes } },
  ];

  const reading = (wallAheadMs: number, monotonicMs = 1000, member = 'n1') => [
    { member, time: 5000 * MS, wallAheadMs, monotonicMs },
  ];
  const paused = (history: TestHistory) => history.member('n1', 1000, 'pause').member('n1', 9000, 'resume');
  const talks = (history: TestHistory) => {
    history.member('n1', 1000, 'pause');
    history.observe(5000, 'n1', 'swim', { kind: 'refute', incarnation: 1, against: 'suspect' });
    history.member('n1', 9000, 'resume');
  };
  const killed = (life: number) => (history: TestHistory) =>
    history.member('n1', 1000, 'crash').up('n1', 9005, life, life === 1 ? 2 : 1);
  const left = (life: number) => (history: TestHistory) =>
    history.member('n1', 1000, 'leave').member('n1', 1500, 'stop').up('n1', 9005, life);
  const messages = [{ member: 'n1', time: 5000 * MS, sent: { 'bracha.echo': [3, 300] as const } }];

  const cases: readonly (Scene & { name: string; verdict: string })[] = [
    { name: 'a skew as asked', faults: [SKEW], traffic: reading(500), verdict: 'valid' },
    { name: 'a skew that is not there', faults: [SKEW], traffic: reading(0), verdict: 'invalid' },
    {
      name: 'a skew at a member it was not asked of',
      faults: [SKEW],
      traffic: [...reading(500), ...reading(500, 1000, 'n2')],
      verdict: 'invalid',
    },
    { name: 'a skew that nobody read', faults: [SKEW], verdict: 'unknown' },
    { name: 'a drift as asked', faults: [DRIFT], traffic: reading(400), verdict: 'valid' },
    { name: 'half a drift', faults: [DRIFT], traffic: reading(200), verdict: 'invalid' },
    { name: 'skew and drift together', faults: [SKEW, DRIFT], traffic: reading(900), verdict: 'valid' },
    { name: 'timers as asked', faults: [TIMER], traffic: reading(0, 1250), verdict: 'valid' },
    { name: 'timers that keep their pace', faults: [TIMER], traffic: reading(0, 1000), verdict: 'invalid' },
    { name: 'a strobe as asked', faults: [STROBE], traffic: wall(10, 0, 500), verdict: 'valid' },
    { name: 'a strobe that does not leap', faults: [STROBE], traffic: wall(0, 500, 500), verdict: 'invalid' },
    { name: 'a strobe that leaps too often', faults: [STROBE], traffic: wall(20, 0, 500), verdict: 'invalid' },
    { name: 'a strobe that leaps half as far', faults: [STROBE], traffic: wall(10, 0, 250), verdict: 'invalid' },
    { name: 'a strobe to the other side', faults: [STROBE], traffic: wall(10, -500, 0), verdict: 'invalid' },
    {
      name: 'a strobe that was looked at too seldom',
      faults: [STROBE],
      traffic: [{ member: 'n1', time: 5000 * MS, wall: { looks: 9, leaps: 0, leastMs: 500, mostMs: 500 } }],
      verdict: 'unknown',
    },
    { name: 'a strobe that nobody saw', faults: [STROBE], verdict: 'unknown' },
    {
      name: 'a strobe of a drifting clock that leaps too often',
      faults: [DRIFT, STROBE],
      traffic: wall(20, 400, 900, { wallAheadMs: 900 }),
      verdict: 'invalid',
    },
    {
      name: 'a strobe of a drifting clock that does not leap',
      faults: [DRIFT, STROBE],
      traffic: wall(0, 400, 400, { wallAheadMs: 400 }),
      verdict: 'invalid',
    },
    {
      name: 'a small strobe of a clock that drifts fast',
      faults: [
        { ...DRIFT, factor: 10 },
        { ...STROBE, skewMs: 10 },
      ],
      traffic: wall(20, 36_000, 36_010, { wallAheadMs: 36_000 }),
      verdict: 'unknown',
    },
    {
      name: 'a skew and a strobe on top of it',
      faults: [SKEW, STROBE],
      traffic: wall(10, 500, 1000, { wallAheadMs: 1000 }),
      verdict: 'valid',
    },
    {
      name: 'a strobe whose skew is not there',
      faults: [SKEW, STROBE],
      traffic: wall(10, 0, 500, { wallAheadMs: 0 }),
      verdict: 'invalid',
    },
    {
      name: 'a strobe at a member it was not asked of',
      faults: [STROBE],
      traffic: [...wall(10, 0, 500), ...reading(500, 1000, 'n2')],
      verdict: 'invalid',
    },
    { name: 'a starved member', faults: [CPU], traffic: used(50, 9), verdict: 'valid' },
    { name: 'a starved member that used more', faults: [CPU], traffic: used(120, 9), verdict: 'invalid' },
    { name: 'a starved member that used more, untold', faults: [CPU], traffic: used(120, null), verdict: 'invalid' },
    { name: 'a starved member whose kernel tells nothing', faults: [CPU], traffic: used(50, null), verdict: 'valid' },
    { name: 'a member that asked for less than its share', faults: [CPU], traffic: used(20, 0), verdict: 'unknown' },
    { name: 'a starved member that nobody looked at', faults: [CPU], verdict: 'unknown' },
    { name: 'a disk that refused', faults: [FULL], traffic: disk(0, 3), verdict: 'valid' },
    { name: 'a full disk on which nothing was stored', faults: [FULL], traffic: disk(0, 0, 0), verdict: 'valid' },
    { name: 'a disk on which nobody stored anything', faults: [FULL], traffic: disk(0, 0), verdict: 'unknown' },
    { name: 'a full disk that stored', faults: [FULL], traffic: disk(77, 0), verdict: 'invalid' },
    { name: 'a full disk that refused and stored', faults: [FULL], traffic: disk(77, 2), verdict: 'invalid' },
    { name: 'a pause', faults: [PAUSE], more: paused, verdict: 'valid' },
    { name: 'a paused member that talks', faults: [PAUSE], more: talks, verdict: 'invalid' },
    {
      name: 'a paused member that counts on',
      faults: [PAUSE],
      more: paused,
      traffic: [{ member: 'n1', time: 5000 * MS }],
      verdict: 'invalid',
    },
    {
      name: 'a paused member that stood still as long',
      faults: [PAUSE],
      more: paused,
      traffic: [{ member: 'n1', since: 500 * MS, time: 9000 * MS, stalledMs: 8000 }],
      verdict: 'valid',
    },
    {
      name: 'a paused member that never stood still',
      faults: [PAUSE],
      more: paused,
      traffic: [{ member: 'n1', since: 500 * MS, time: 9000 * MS, stalledMs: 20 }],
      verdict: 'invalid',
    },
    { name: 'a pause that never was', faults: [PAUSE], verdict: 'unknown' },
    { name: 'a slow member', faults: [SLOW], during: (a) => (a === 'n1' ? { delayMs: 300 } : {}), verdict: 'valid' },
    { name: 'a slow member that is as quick as ever', faults: [SLOW], verdict: 'unknown' },
    { name: 'a kill with state', faults: [KILL], more: killed(1), verdict: 'valid' },
    { name: 'a kill that lost the state', faults: [KILL], more: killed(2), verdict: 'invalid' },
    {
      name: 'a kill after which nobody came back',
      faults: [KILL],
      more: (history) => history.member('n1', 1000, 'crash'),
      verdict: 'invalid',
    },
    { name: 'a kill that never was', faults: [KILL], verdict: 'unknown' },
    { name: 'a leave', faults: [LEAVE], more: left(2), verdict: 'valid' },
    { name: 'a leave into the same life', faults: [LEAVE], more: left(1), verdict: 'invalid' },
    { name: 'a liar with something to say', faults: [LIE], traffic: messages, verdict: 'valid' },
    { name: 'a liar with nothing to say', faults: [LIE], verdict: 'unknown' },
  ];
  it.each(cases)('$name: $verdict', ({ verdict, ...scene }) => {
    expect(judge(scene)).toMatchObject({ verdict });
  });

  it('allows for the slow messages that a kill has cut off, and for no more than those', () => {
    const quicker = (delayMs: number, received: number) =>
      judge({
        faults: [DELAY],
        during: (from, to) => ({ delayMs, ...(from === 'n2' || to === 'n2' ? { received } : {}) }),
        more: (history) => history.member('n2', 8500, 'crash'),
      }).verdict;
    expect(quicker(49.8, 800)).toBe('valid');
    expect(quicker(49.8, 999)).toBe('invalid');
    expect(quicker(45, 800)).toBe('invalid');
  });

  describe('a second kill of the same member', () => {
    const first: PlannedFault = { ...KILL, id: 'k1', untilMs: 3000 };
    const second: PlannedFault = { ...KILL, id: 'k2', restart: 'without-state', atMs: 3100 };

    /** `backMs`: when it is up after the first kill, in life 2; undefined: not before the second one. */
    function killedTwice(backMs: number | undefined) {
      const history = new TestHistory({ channels: [], faults: [first, second] });
      history.fault(1000, 'k1', 'kill', 'start').member('n1', 1000, 'crash').fault(3000, 'k1', 'kill', 'end');
      if (backMs !== undefined) history.up('n1', backMs, 2);
      history.fault(3100, 'k2', 'kill', 'start');
      if (backMs !== undefined) history.member('n1', 3100, 'crash');
      history.fault(9000, 'k2', 'kill', 'end').up('n1', 9005, backMs === undefined ? 2 : 3);
      history.phase(10_000, 'heal').phase(14_000, 'final');
      return history.end(15_000).property(createFaultEffectChecker, 'fault-effect');
    }

    it('decides over its return where it comes before that', () => {
      expect(killedTwice(undefined)).toMatchObject({ verdict: 'valid', violations: 0 });
    });

    it('decides over it, too, where the member never comes back', () => {
      const last: PlannedFault = { ...second, restart: 'never' };
      const killed = (faults: readonly PlannedFault[]) => {
        const history = new TestHistory({ channels: [], faults });
        history.fault(1000, 'k1', 'kill', 'start').member('n1', 1000, 'crash').fault(3000, 'k1', 'kill', 'end');
        if (faults.length > 1) history.fault(3100, 'k2', 'kill', 'start').fault(9000, 'k2', 'kill', 'end');
        history.phase(10_000, 'heal').phase(14_000, 'final');
        return history.end(15_000).property(createFaultEffectChecker, 'fault-effect').violations;
      };
      expect(killed([first, last])).toBe(0);
      expect(killed([first])).toBe(1);
    });

    it('excuses nothing where the member was back before it', () => {
      const result = killedTwice(3050);
      expect(result).toMatchObject({ verdict: 'invalid', violations: 1 });
      expect(result.witness?.summary).toContain('k1 (kill): n1 came back in life 2 after life 1');
    });
  });
});
