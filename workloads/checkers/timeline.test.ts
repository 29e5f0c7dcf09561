import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../../harness/model/fault.ts';
import { split } from '../../harness/model/rng.ts';
import { TestHistory } from './test-history.ts';
import { createTimeline, stayAt, upAtEnd } from './timeline.ts';

const MS = 1e6;

function history(faults: readonly PlannedFault[] = []): TestHistory {
  return new TestHistory({ channels: [], faults });
}

function fold(history: TestHistory, slackMs = 0) {
  const timeline = createTimeline(history.plan, { slackMs });
  for (const line of history.lines) timeline.line(line);
  return timeline;
}

const cut: PlannedFault = {
  id: 'f1',
  type: 'partition',
  shape: 'one-way',
  cuts: [{ from: ['n1'], to: ['n2'] }],
  atMs: 100,
  untilMs: 200,
};

describe('timeline', () => {
  it('knows stays, lives and how they ended', () => {
    const timeline = fold(
      history().member('n1', 100, 'crash').up('n1', 200, 1, 2).member('n2', 300, 'crash').up('n2', 400, 2).end(1000),
    );
    expect(timeline.stays.get('n1')?.map((stay) => [stay.boot, stay.from, stay.until, stay.ending])).toEqual([
      [1, 0, 100 * MS, 'crash'],
      [2, 200 * MS, 1000 * MS, 'end'],
    ]);
    expect(timeline.lifeEndedAt('n1', 1)).toBeUndefined();
    expect(timeline.lifeEndedAt('n2', 1)).toBe(300 * MS);
    expect(timeline.lifeEndedAt('n2', 2)).toBeUndefined();
    expect(timeline.lifeEndedAt('n2', 3)).toBeUndefined();
    expect(stayAt(timeline, 'n1', 150 * MS)).toBeUndefined();
    expect(stayAt(timeline, 'n1', 250 * MS)?.boot).toBe(2);
    expect(upAtEnd(timeline)).toEqual(
      new Map([
        ['n1', 1],
        ['n2', 2],
        ['n3', 1],
      ]),
    );
  });

  it('counts a life as ended when the member is down at the end', () => {
    const timeline = fold(history().member('n1', 100, 'crash').end(1000));
    expect(timeline.lifeEndedAt('n1', 1)).toBe(100 * MS);
    expect(upAtEnd(timeline).has('n1')).toBe(false);
  });

  it('takes a stop without a leave for the end of the run, and one after a leave for an absence', () => {
    const timeline = fold(
      history().member('n1', 50, 'leave').member('n1', 60, 'stop').member('n2', 900, 'stop').end(1000),
    );
    expect(timeline.upThroughout('n2', 0, 1000 * MS)).toBe(true);
    expect(timeline.upThroughout('n1', 0, 55 * MS)).toBe(true);
    expect(timeline.upThroughout('n1', 0, 100 * MS)).toBe(false);
    expect(timeline.reachableThroughout('n1', 'n2', 0, 55 * MS)).toBe(false);
    expect(timeline.lifeEndedAt('n1', 1)).toBe(60 * MS);
    expect(timeline.lifeEndedAt('n2', 1)).toBeUndefined();
  });

  it('is up but not reachable during a pause', () => {
    const timeline = fold(history().member('n1', 100, 'pause').member('n1', 200, 'resume').end(1000));
    expect(timeline.upThroughout('n1', 50 * MS, 250 * MS)).toBe(true);
    expect(timeline.reachableThroughout('n1', 'n2', 50 * MS, 250 * MS)).toBe(false);
    expect(timeline.reachableThroughout('n2', 'n1', 201 * MS, 250 * MS)).toBe(true);
    expect(timeline.reachableThroughout('n2', 'n3', 50 * MS, 250 * MS)).toBe(true);
  });

  it('cuts a pair in both directions when a fault touches one of them, in its real window', () => {
    const timeline = fold(
      history([cut]).fault(120, 'f1', 'partition', 'start').fault(220, 'f1', 'partition', 'end').end(1000),
    );
    for (const [a, b] of [
      ['n1', 'n2'],
      ['n2', 'n1'],
    ] as const) {
      expect(timeline.reachableThroughout(a, b, 101 * MS, 119 * MS)).toBe(true);
      expect(timeline.reachableThroughout(a, b, 101 * MS, 121 * MS)).toBe(false);
      expect(timeline.reachableThroughout(a, b, 150 * MS, 160 * MS)).toBe(false);
      expect(timeline.reachableThroughout(a, b, 221 * MS, 260 * MS)).toBe(true);
    }
    expect(timeline.reachableThroughout('n1', 'n3', 0, 900 * MS)).toBe(true);
  });

  it('widens the windows by the slack it is given', () => {
    const timeline = fold(
      history([cut]).fault(120, 'f1', 'partition', 'start').fault(220, 'f1', 'partition', 'end').end(1000),
      20,
    );
    expect(timeline.reachableThroughout('n1', 'n2', 90 * MS, 95 * MS)).toBe(true);
    expect(timeline.reachableThroughout('n1', 'n2', 90 * MS, 101 * MS)).toBe(false);
    expect(timeline.reachableThroughout('n1', 'n2', 230 * MS, 235 * MS)).toBe(false);
  });

  it('counts a fault that has not ended as on, and forgets what it cached when a line comes', () => {
    const all: PlannedFault = { id: 'f2', type: 'loss', links: 'all', probability: 0.1, atMs: 100, untilMs: 200 };
    const test = history([all]);
    const timeline = createTimeline(test.plan);
    for (const line of test.lines) timeline.line(line);
    expect(timeline.reachableThroughout('n2', 'n3', 0, 500 * MS)).toBe(true);
    timeline.line({ type: 'fault', time: 100 * MS, fault: 'f2', kind: 'loss', event: 'start' });
    expect(timeline.reachableThroughout('n2', 'n3', 0, 500 * MS)).toBe(false);
    timeline.line({ type: 'fault', time: 200 * MS, fault: 'f2', kind: 'loss', event: 'end' });
    expect(timeline.reachableThroughout('n2', 'n3', 300 * MS, 500 * MS)).toBe(true);
  });

  it('takes slow members as unreachable and skewed ones as reachable', () => {
    const slow: PlannedFault = { id: 's', type: 'slow', targets: ['n1'], blockMs: 5, everyMs: 10, atMs: 0, untilMs: 9 };
    const skew: PlannedFault = { id: 'c', type: 'clock-skew', targets: ['n2'], skewMs: 500, atMs: 0, untilMs: 9 };
    const test = history([slow, skew]).fault(0, 's', 'slow', 'start').fault(0, 'c', 'clock-skew', 'start').end(1000);
    const timeline = fold(test);
    expect(timeline.reachableThroughout('n1', 'n3', 1 * MS, 2 * MS)).toBe(false);
    expect(timeline.reachableThroughout('n2', 'n3', 1 * MS, 2 * MS)).toBe(true);
  });

  it('agrees with the plain definition on random windows', () => {
    const random = split('timeline');
    for (let round = 0; round < 200; round++) {
      const windows = Array.from({ length: 5 }, (_, i) => {
        const from = random.int(100);
        return { id: `f${i}`, from, until: from + 1 + random.int(30) };
      });
      const test = history(windows.map(({ id, from, until }) => ({ ...cut, id, atMs: from, untilMs: until })));
      const events = windows.flatMap(({ id, from, until }) => [
        { at: from, id, event: 'start' as const },
        { at: until, id, event: 'end' as const },
      ]);
      events.sort((a, b) => a.at - b.at);
      for (const { at, id, event } of events) test.fault(at, id, 'partition', event);
      const timeline = fold(test);
      for (let query = 0; query < 20; query++) {
        const from = random.int(140);
        const until = from + random.int(20);
        const touched = windows.some((window) => window.from <= until && window.until > from);
        expect(timeline.reachableThroughout('n1', 'n2', from * MS, until * MS)).toBe(!touched);
      }
    }
  });
});
