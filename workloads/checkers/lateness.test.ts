import { describe, expect, it } from 'vitest';
import type { CreateChecker } from '../../harness/model/checker.ts';
import type { PlannedFault } from '../../harness/model/fault.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import { createConvergenceChecker } from './convergence.ts';
import { createDetectionChecker } from './detection.ts';
import { createRefutationChecker } from './refutation.ts';
import { createReinstatementChecker } from './reinstatement.ts';
import { claim, MEMBERS, TestHistory } from './test-history.ts';

const MS = 1e6;
const OVERRUN = 'the machine was overrun';

/** A second of a member that was late by so much in all. */
function second(test: TestHistory, member: string, endMs: number, sumMs: number, sinceMs = endMs - 1000): TestHistory {
  return test.add({
    type: 'traffic',
    time: endMs * MS,
    since: sinceMs * MS,
    member,
    life: 1,
    ...{ sent: {}, received: {}, dropped: {}, wallAheadMs: 0, monotonicMs: 1000, stalledMs: sumMs },
    late: { sumMs, longestMs: sumMs, queuedMs: null },
  });
}

interface Missed {
  /** By each member in each second, ms. */
  readonly lateMs?: number;
  /** The seconds in which they were; default after the heal. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** How long the property took, of the 5 s that it may take. */
  readonly tookMs: number;
  readonly faults?: readonly PlannedFault[];
}

function members(test: TestHistory, { lateMs = 0, fromMs = 10_000, untilMs = 20_000 }: Missed): void {
  for (let endMs = fromMs + 1000; endMs <= untilMs; endMs += 1000) {
    for (const member of MEMBERS) second(test, member, endMs, lateMs);
  }
}

function converging(missed: Missed): TestHistory {
  const claims = [claim('convergence')];
  const channels = [{ name: 'c', role: 'map', converges: true, claims, bounds: { convergenceMs: 5000 } }];
  const test = new TestHistory({ channels, deadlineMs: 10_000, faults: missed.faults ?? [] });
  test.planned(100, 'n1', 'register', 'c', 'write', { key: 'k1', value: 'x' });
  for (const fault of missed.faults ?? []) test.fault(fault.atMs, fault.id, fault.type, 'start');
  test.phase(10_000, 'heal');
  for (const fault of missed.faults ?? []) test.fault(10_000, fault.id, fault.type, 'end');
  members(test, missed);
  const poll = (atMs: number, round: number, last: string): void =>
    MEMBERS.forEach((member, i) => {
      test.view(atMs, member, round, 'c', i === 2 ? last : 'a', { k1: ['v1', i === 2 ? last : 'a'] });
    });
  poll(10_000 + missed.tookMs, 1, 'b');
  test.phase(19_000, 'final');
  poll(19_001, 2, 'a');
  return test.end(20_000);
}

function detecting(missed: Missed): TestHistory {
  const claims = [claim('detection')];
  const channels = [{ name: 'c', role: 'membership', claims, bounds: { detectionMs: 5000 } }];
  const test = new TestHistory({ channels, conditions: { livesLost: ['n3'] } });
  const of = { kind: 'status', subject: 'n3', subjectLife: 1, incarnation: 0 } as const;
  for (const observer of ['n1', 'n2']) test.observe(100, observer, 'c', { ...of, status: 'alive' });
  test.member('n3', 10_000, 'crash').phase(10_000, 'heal');
  test.observe(12_000, 'n1', 'c', { ...of, status: 'dead' });
  test.observe(10_000 + missed.tookMs, 'n2', 'c', { ...of, status: 'dead' });
  members(test, missed);
  return test.phase(19_000, 'final').end(20_000);
}

function takingBack(property: string, bounds: object) {
  return (missed: Missed): TestHistory => {
    const channels = [{ name: 'c', role: 'membership', claims: [claim(property)], bounds }];
    const test = new TestHistory({ channels });
    const of = { kind: 'status', subject: 'n3', subjectLife: 1 } as const;
    for (const one of MEMBERS) {
      for (const other of MEMBERS) {
        test.observe(100, one, 'c', { ...of, subject: other, status: 'alive', incarnation: 0 });
      }
    }
    test.phase(9000, 'heal');
    test.observe(10_000, 'n1', 'c', { ...of, status: 'dead', incarnation: 0 });
    const incarnation = property === 'refutation' ? 1 : 0;
    if (incarnation > 0) test.observe(10_001, 'n3', 'c', { kind: 'refute', incarnation, against: 'dead' });
    members(test, missed);
    test.observe(10_000 + missed.tookMs, 'n1', 'c', { ...of, status: 'alive', incarnation });
    return test.phase(19_000, 'final').end(20_000);
  };
}

const CASES: readonly (readonly [string, CreateChecker, (missed: Missed) => TestHistory])[] = [
  ['convergence', createConvergenceChecker, converging],
  ['detection', createDetectionChecker, detecting],
  ['refutation', createRefutationChecker, takingBack('refutation', { refutationMs: 5000 })],
  ['reinstatement', createReinstatementChecker, takingBack('reinstatement', { refutationMs: 5000 })],
];

describe.each(CASES)('%s after its bound', (name, create, build) => {
  const judge = (missed: Missed): PropertyResult => build(missed).property(create, name);

  it('is held against the protocol on a quiet machine, and against nobody in time', () => {
    const late = judge({ tookMs: 7000 });
    expect(late).toMatchObject({ verdict: 'invalid', violations: 1 });
    expect(late.reason).not.toContain(OVERRUN);
    expect(judge({ tookMs: 4000 }).verdict).toBe('valid');
  });

  it('shows nothing where members waited for longer than it was missed by', () => {
    // 2 s too late; 3 members at 120 ms in each of 7 seconds are 2.52 s.
    const found = judge({ tookMs: 7000, lateMs: 120 });
    expect(found).toMatchObject({ verdict: 'unknown', violations: 0 });
    expect(found.reason).toContain('the bound was missed by 2000 ms');
    expect(found.reason).toContain('waited for 2520 ms of that time');
    expect(found.reason).toContain(`${OVERRUN}: members' timers were late by up to 0.1 s`);
  });

  it('stays broken where waiting explains less, and says that the machine was overrun', () => {
    // 1.89 s of 2 s.
    const found = judge({ tookMs: 7000, lateMs: 90 });
    expect(found.verdict).toBe('invalid');
    expect(found.reason).toContain(OVERRUN);
  });

  it('is not excused by what members waited before it was owed, or after it had come', () => {
    expect(judge({ tookMs: 7000, lateMs: 900, fromMs: 0, untilMs: 10_000 }).verdict).toBe('invalid');
    expect(judge({ tookMs: 7000, lateMs: 900, fromMs: 17_000, untilMs: 20_000 }).verdict).toBe('invalid');
  });

  it('is judged as ever where it came in time on an overrun machine', () => {
    expect(judge({ tookMs: 4000, lateMs: 900 }).verdict).toBe('valid');
  });
});

describe('what was planned for a member is no lateness of the machine', () => {
  const lateMs = (test: TestHistory): number => {
    const { timeline } = test.context();
    for (const line of test.lines) timeline.line(line);
    return timeline.lateness?.betweenMs(0, 60_000 * MS) ?? Number.NaN;
  };
  const starved: PlannedFault = { id: 'cpu-1', type: 'cpu', atMs: 2000, untilMs: 4000, targets: ['n1'], share: 0.01 };
  const plain = (faults: readonly PlannedFault[] = []) =>
    new TestHistory({ channels: [{ name: 'c', role: 'map' }], faults });

  it('in a pause, before and after it', () => {
    const test = plain().member('n1', 2000, 'pause').member('n1', 5000, 'resume');
    expect(lateMs(second(test, 'n1', 5200, 3000, 1900))).toBe(0);
    expect(lateMs(second(test, 'n2', 5200, 300, 4200))).toBeCloseTo(300);
    expect(lateMs(second(test, 'n1', 7200, 40, 6200))).toBeCloseTo(340);
  });

  it('in a fault that starves it, and while it catches up', () => {
    const test = plain([starved]).fault(2000, 'cpu-1', 'cpu', 'start').fault(4000, 'cpu-1', 'cpu', 'end');
    expect(lateMs(second(test, 'n1', 3000, 800))).toBe(0);
    expect(lateMs(second(test, 'n1', 5900, 800))).toBe(0);
    expect(lateMs(second(test, 'n2', 3000, 200))).toBeCloseTo(200);
    expect(lateMs(second(test, 'n1', 7000, 50))).toBeCloseTo(250);
  });
});
