/** A member that stood still (stopped, starved) must not blame others for what it did not hear meanwhile. */
import { beforeEach, describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { type Data, type Observation, settingsOf } from '../protocol.ts';
import type { Message } from './messages.ts';
import { swimSettings } from './settings.ts';
import type { SwimContext, SwimState, Timer } from './state.ts';
import { swim } from './swim.ts';

const settings = settingsOf(swimSettings, 'quick');

let now = 0;
let timers: { at: number; timer: Timer }[] = [];
let emitted: Observation[] = [];
let records: Data[] = [];
let context: SwimContext;

beforeEach(() => {
  now = 0;
  timers = [];
  emitted = [];
  records = [];
  const random = split('standstill');
  context = {
    self: 'n1',
    life: 1,
    roster: ['n1', 'n2', 'n3'],
    settings,
    random,
    peers: { count: 0, sample: () => [], has: () => false },
    now: () => now,
    monotonic: () => now,
    send: () => {},
    stream: () => {},
    setTimer: (delayMs, timer) => timers.push({ at: now + delayMs, timer: timer as Timer }),
    persist: (record) => records.push(record),
    reply: () => {},
    emit: (observation) => emitted.push(observation),
    reach: () => undefined,
    announce: () => {},
  };
});

/** Starts a member that has heard `update` about n2. */
function startWith(status: 0 | 1): SwimState {
  const state = swim.init(context);
  swim.handle(state, { type: 'start', restored: undefined, seeds: [] }, context);
  const message: Message = { k: 'news', i: 0, u: [['n2', 1, 0, status]] };
  swim.handle(state, { type: 'message', from: 'n3', fromLife: 1, message }, context);
  return state;
}

/** Fires the earliest timer of this kind, `lateMs` after its time. */
function fire(state: SwimState, kind: Timer['t'], lateMs: number): void {
  const next = timers.filter(({ timer }) => timer.t === kind).sort((a, b) => a.at - b.at)[0];
  if (next === undefined) throw new Error(`no timer ${kind}`);
  timers.splice(timers.indexOf(next), 1);
  now = next.at + lateMs;
  swim.handle(state, { type: 'timer', timer: next.timer }, context);
}

function saidOf(subject: string): string[] {
  return emitted.flatMap((o) => (o.kind === 'status' && o.subject === subject ? [o.status] : []));
}

describe('a suspicion', () => {
  it('that ends in time becomes a death', () => {
    const state = startWith(1);
    fire(state, 'suspicion', settings.probeIntervalMs / 2);
    expect(saidOf('n2')).toEqual(['suspect', 'dead']);
  });

  it('that ends far too late, since the member stood still, gets its time again, once more and no longer', () => {
    const state = startWith(1);
    fire(state, 'suspicion', 5000);
    expect(saidOf('n2')).toEqual(['suspect']);
    fire(state, 'suspicion', 0);
    expect(saidOf('n2')).toEqual(['suspect', 'dead']);
  });
});

describe('a probe without an ack', () => {
  it.each([
    ['in time', 0, 1],
    ['far too late, since the member stood still', 5000, 0],
  ])('judged %s', (_, lateMs, suspected) => {
    const state = startWith(0);
    // The first period probes n2 or n3, which never answer here; its end judges that probe.
    fire(state, 'probe', 0);
    fire(state, 'probe', lateMs);
    expect(emitted.filter((o) => o.kind === 'status' && o.status === 'suspect')).toHaveLength(suspected);
  });
});

describe('restored records', () => {
  it('give back beliefs and the own incarnation, and what is no record is passed over', () => {
    const first = startWith(1);
    const accused: Message = { k: 'news', i: 0, u: [['n1', 1, 4, 2]] };
    swim.handle(first, { type: 'message', from: 'n3', fromLife: 1, message: accused }, context);
    const garbage: Data[] = [null, 7, 'x', [], { i: 'x', u: 3 }, { i: 1.5, u: [[1, 2, 3]] }];
    emitted = [];
    const second = swim.init(context);
    swim.handle(second, { type: 'start', restored: [...garbage, ...records], seeds: [] }, context);
    expect(second.incarnation).toBe(5);
    expect(swim.view(second)).toEqual(swim.view(first));
    expect(swim.view(second)).toEqual({ alive: ['n1/1', 'n3/1'], suspect: ['n2/1'] });
    // No belief has changed; what the new boot knows is told as what it is.
    expect(emitted).toEqual([
      { kind: 'recall', subject: 'n3', subjectLife: 1, status: 'alive', incarnation: 0 },
      { kind: 'recall', subject: 'n2', subjectLife: 1, status: 'suspect', incarnation: 0 },
    ]);
    // The suspicion goes on.
    fire(second, 'suspicion', 0);
    expect(saidOf('n2')).toEqual(['dead']);
  });
});
