import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../../harness/model/fault.ts';
import type { MemberStatus } from '../../impl/protocol.ts';
import { createDetectionChecker } from './detection.ts';
import { claim, TestHistory, type TestOptions } from './test-history.ts';

const KILL: PlannedFault = { id: 'k', type: 'kill', targets: ['n3'], restart: 'never', atMs: 1000, untilMs: 10_000 };
const LOSS: PlannedFault = { id: 'l', type: 'loss', links: 'all', probability: 0.1, atMs: 0, untilMs: 10_000 };

function swim(faults: readonly PlannedFault[], extra: Partial<TestOptions> = {}): TestOptions {
  return {
    channels: [{ name: 'swim', role: 'membership', claims: [claim('detection')], bounds: { detectionMs: 2000 } }],
    faults,
    ...extra,
  };
}

function says(history: TestHistory, atMs: number, observer: string, subject: string, status: MemberStatus, life = 1) {
  history.observe(atMs, observer, 'swim', { kind: 'status', subject, subjectLife: life, status, incarnation: 0 });
}

/** n3 is killed at 1 s, known to both others; n1 and n2 declare it dead when told. */
function crash(deaths: { n1?: number; n2?: number }, faults: readonly PlannedFault[] = [KILL]): TestHistory {
  const history = new TestHistory(swim(faults));
  for (const observer of ['n1', 'n2']) says(history, 10, observer, 'n3', 'alive');
  for (const fault of faults) if (fault.type === 'loss') history.fault(fault.atMs, fault.id, 'loss', 'start');
  history.fault(1000, 'k', 'kill', 'start').member('n3', 1000, 'crash');
  if (deaths.n1 !== undefined) says(history, deaths.n1, 'n1', 'n3', 'dead');
  if (deaths.n2 !== undefined) says(history, deaths.n2, 'n2', 'n3', 'dead');
  return history;
}

function close(history: TestHistory, endMs = 15_000): TestHistory {
  for (const fault of history.options.faults ?? []) history.fault(10_000, fault.id, fault.type, 'end');
  return history
    .phase(10_000, 'heal')
    .phase(endMs - 100, 'final')
    .end(endMs);
}

const judge = (history: TestHistory) => history.property(createDetectionChecker, 'detection');

describe('detection', () => {
  it('spares a death declared by all in time', () => {
    const result = judge(close(crash({ n1: 2500, n2: 2999 })));
    expect(result).toMatchObject({ verdict: 'valid', judged: 2, violations: 0 });
    expect(result.details).toMatchObject({ slowestMs: 1999 });
  });

  it('convicts an observer that never declares it', () => {
    const result = judge(close(crash({ n1: 2500 })));
    expect(result).toMatchObject({ verdict: 'invalid', judged: 2, violations: 1 });
    expect(result.witness?.summary).toContain('n2');
  });

  it('convicts a declaration that comes too late', () => {
    expect(judge(close(crash({ n1: 2500, n2: 3001 })))).toMatchObject({ verdict: 'invalid', violations: 1 });
  });

  it('counts a later life as knowing that the earlier one is over', () => {
    const kill: PlannedFault = { ...KILL, restart: 'without-state', untilMs: 1500 };
    const history = new TestHistory(swim([kill]));
    for (const observer of ['n1', 'n2']) says(history, 10, observer, 'n3', 'alive');
    history.member('n3', 1000, 'crash').up('n3', 1500, 2);
    says(history, 1600, 'n1', 'n3', 'alive', 2);
    expect(judge(close(history))).toMatchObject({ verdict: 'invalid', judged: 2, violations: 1 });
    const known = new TestHistory(swim([kill]));
    for (const observer of ['n1', 'n2']) says(known, 10, observer, 'n3', 'alive');
    known.member('n3', 1000, 'crash').up('n3', 1500, 2);
    for (const observer of ['n1', 'n2']) says(known, 1600, observer, 'n3', 'alive', 2);
    expect(judge(close(known))).toMatchObject({ verdict: 'valid', judged: 2 });
  });

  it('is not applicable when the plan has no crash', () => {
    expect(judge(close(new TestHistory(swim([]))))).toMatchObject({
      verdict: 'not-applicable',
      reason: 'no crash is planned',
    });
  });

  it('is not applicable when the member comes back sooner than the bound', () => {
    const kill: PlannedFault = { ...KILL, restart: 'with-state', untilMs: 2000 };
    const history = new TestHistory(swim([kill]));
    for (const observer of ['n1', 'n2']) says(history, 10, observer, 'n3', 'alive');
    history.member('n3', 1000, 'crash').up('n3', 2000, 1, 2);
    expect(judge(close(history))).toMatchObject({ verdict: 'not-applicable', judged: 0 });
  });

  it('starts the bound at the heal while another fault is on', () => {
    const late = { n1: 11_500, n2: 11_900 };
    expect(judge(close(crash(late, [KILL, LOSS])))).toMatchObject({ verdict: 'valid', judged: 2 });
    expect(judge(close(crash(late)))).toMatchObject({ verdict: 'invalid', violations: 2 });
    expect(judge(close(crash({ n1: 11_500 }, [KILL, LOSS])))).toMatchObject({ verdict: 'invalid', violations: 1 });
  });

  it('does not know when the run ends before the bound', () => {
    const history = crash({}, [KILL, LOSS]);
    expect(judge(close(history, 11_000))).toMatchObject({ verdict: 'unknown', judged: 0 });
  });

  it('binds no observer that did not know the member, or went down itself', () => {
    const history = new TestHistory(swim([KILL]));
    says(history, 10, 'n1', 'n3', 'alive');
    history.member('n3', 1000, 'crash').member('n2', 1100, 'crash');
    says(history, 2000, 'n1', 'n3', 'dead');
    const result = judge(close(history));
    expect(result).toMatchObject({ verdict: 'valid', judged: 1 });
    // n1 of n2, which it never knew, and n2 of n3.
    expect(result.details).toMatchObject({ unjudged: 2 });
  });

  it('reports violations beyond the claims as no defect', () => {
    const beyond = [claim('detection', { beyond: () => 'too many liars' })];
    const history = crash({});
    const channels = [{ name: 'swim', role: 'membership', claims: beyond, bounds: { detectionMs: 2000 } }];
    const other = new TestHistory({ channels, faults: [KILL] });
    other.lines.splice(0, other.lines.length, ...close(history).lines);
    expect(judge(other)).toMatchObject({ verdict: 'not-applicable', violations: 2, beyondClaims: 'too many liars' });
  });
});

describe('what the plan leaves nobody to know', () => {
  /** n3 is killed for good, and the others go down and come back where `fault` has it. */
  const away = (id: string, targets: readonly string[], atMs: number, untilMs: number): PlannedFault => ({
    ...{ id, type: 'kill', targets, restart: 'with-state', atMs, untilMs },
  });
  /** Nobody says anything, as a mute protocol would have it, or as n1 knew n3 and never declares it dead. */
  function run(faults: readonly PlannedFault[], knows: readonly string[]): TestHistory {
    const history = new TestHistory(swim(faults));
    for (const observer of knows) says(history, 10, observer, 'n3', 'alive');
    const events = faults.flatMap((fault) => {
      if (fault.type !== 'kill') return [];
      const back = fault.restart === 'never' ? [] : [{ at: fault.untilMs, fault, up: true }];
      return [{ at: fault.atMs, fault, up: false }, ...back];
    });
    for (const { at, fault, up } of events.sort((a, b) => a.at - b.at)) {
      for (const target of fault.targets) {
        if (up) history.up(target, at, 1, 2);
        else history.member(target, at, 'crash');
      }
    }
    return close(history);
  }

  // The bound is 2 s: detection of n3 is due at 3 s.
  const BOTH: readonly PlannedFault[] = [KILL, away('a', ['n1'], 1500, 1600), away('b', ['n2'], 500, 600)];

  it('is not applicable where each observer goes down in the time that counts', () => {
    expect(judge(run(BOTH, []))).toMatchObject({ verdict: 'not-applicable', judged: 0 });
  });

  it.each<[string, readonly PlannedFault[]]>([
    ['one observer stays', [KILL, away('a', ['n1'], 1500, 1600)]],
    ['one goes down only when it had to know', [KILL, away('a', ['n1'], 3100, 3200), away('b', ['n2'], 500, 600)]],
  ])('is owed where %s: who is mute is not known, who is wrong is convicted', (_, faults) => {
    expect(judge(run(faults, []))).toMatchObject({ verdict: 'unknown', judged: 0 });
    expect(judge(run(faults, ['n1', 'n2']))).toMatchObject({ verdict: 'invalid' });
  });

  it('excuses nobody whom the run shows to have known and to have stayed', () => {
    // The plan owes nothing, since n1 is to go down; it never did.
    const history = new TestHistory(swim([KILL, away('a', ['n1'], 1500, 1600), away('b', ['n2'], 1500, 1600)]));
    says(history, 10, 'n1', 'n3', 'alive');
    history.member('n3', 1000, 'crash');
    expect(judge(close(history))).toMatchObject({ verdict: 'invalid', violations: 1 });
  });
});
