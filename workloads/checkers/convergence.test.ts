import { describe, expect, it } from 'vitest';
import type { Data } from '../../impl/protocol.ts';
import { createConvergenceChecker } from './convergence.ts';
import { claim, MEMBERS, TestHistory, type TestOptions } from './test-history.ts';

type Digests = readonly [string, string, string];

function history(role = 'map', convergenceMs = 1000, extra: Partial<TestOptions> = {}, beyond?: string): TestHistory {
  const claims = [claim('convergence', beyond === undefined ? {} : { beyond: () => beyond })];
  const test = new TestHistory({
    channels: [{ name: 'c', role, converges: true, claims, bounds: { convergenceMs } }],
    ...extra,
  });
  return role === 'map' ? test.planned(100, 'n1', 'register', 'c', 'write', { key: 'k1', value: 'x' }) : test;
}

function poll(test: TestHistory, atMs: number, round: number, digests: Digests, views?: readonly Data[]): TestHistory {
  MEMBERS.forEach((member, i) => {
    test.view(atMs + i, member, round, 'c', digests[i] ?? '', views?.[i]);
  });
  return test;
}

const judge = (test: TestHistory) => test.property(createConvergenceChecker, 'convergence');

describe('convergence checker', () => {
  it('spares members that become equal in time, and says when', () => {
    const test = history();
    poll(test, 5000, 1, ['a', 'b', 'c']).phase(10_000, 'heal');
    poll(test, 10_100, 2, ['a', 'b', 'b']);
    poll(test, 10_400, 3, ['b', 'b', 'b']).phase(10_800, 'final');
    const same = { k1: ['v1', 'x'] };
    poll(test, 10_801, 4, ['b', 'b', 'b'], [same, same, same]).end(11_000);
    expect(judge(test)).toMatchObject({
      verdict: 'valid',
      judged: 3,
      details: { convergenceMs: 402, lastUnequalMs: 100, boundMs: 1000 },
    });
  });

  it('convicts views that still differ after the bound, and names the first item', () => {
    const test = history().phase(10_000, 'heal');
    poll(test, 10_500, 1, ['a', 'a', 'b']).phase(12_000, 'final');
    const views = [
      { k1: ['v1', 'x'], k2: ['v4', 'y'] },
      { k1: ['v1', 'x'], k2: ['v4', 'y'] },
      { k1: ['v1', 'x'], k2: ['v3', null] },
    ];
    poll(test, 12_001, 2, ['a', 'a', 'b'], views).end(12_100);
    const found = judge(test);
    expect(found).toMatchObject({ verdict: 'invalid', violations: 1 });
    expect(found.witness?.summary).toBe(
      'n1 and n3 held different views at 12.003 s; first at k2: ["v4","y"] and ["v3",null].',
    );
    expect(found.witness?.lines).toMatchObject([{ member: 'n1', k2: '["v4","y"]' }, { member: 'n3' }]);
  });

  it('convicts views that became equal only after the bound', () => {
    const test = history().phase(10_000, 'heal');
    poll(test, 11_500, 1, ['a', 'a', 'b']).phase(12_000, 'final');
    expect(judge(poll(test, 12_001, 2, ['a', 'a', 'a']).end(12_100)).verdict).toBe('invalid');
  });

  it('does not know when the run ended before the bound, was interrupted, or was cut off', () => {
    const early = history('map', 60_000).phase(10_000, 'heal').phase(12_000, 'final');
    const found = judge(poll(early, 12_001, 1, ['a', 'a', 'b']).end(12_100));
    expect(found).toMatchObject({ verdict: 'unknown', violations: 0 });
    expect(found.reason).toBe('not all equal 2001 ms after the heal, when the run ended; the bound is 60000 ms');
    const interrupted = history().phase(10_000, 'heal');
    expect(judge(interrupted.end(10_500, 'interrupted')).reason).toBe('the run was interrupted');
    expect(judge(history().phase(10_000, 'heal')).verdict).toBe('unknown');
  });

  it('does not know when a member that is up gave no final view, and asks nothing of one that is down', () => {
    const silent = history().phase(10_000, 'heal').phase(10_500, 'final');
    silent.view(10_501, 'n1', 1, 'c', 'a').view(10_501, 'n2', 1, 'c', 'a').end(10_600);
    expect(judge(silent)).toMatchObject({ verdict: 'unknown', reason: 'no final view of n3' });
    const down = history('map', 1000, { conditions: { livesLost: ['n3'] } }).member('n3', 500, 'crash');
    down.phase(10_000, 'heal').phase(10_500, 'final');
    down.view(10_501, 'n1', 1, 'c', 'a').view(10_501, 'n2', 1, 'c', 'a').end(10_600);
    expect(judge(down)).toMatchObject({ verdict: 'valid', judged: 2 });
  });

  it('counts from the last boot when a member comes back after the heal', () => {
    const test = history().member('n3', 9000, 'crash').phase(10_000, 'heal').up('n3', 11_000, 1, 2);
    poll(test, 11_500, 1, ['a', 'a', 'b']).phase(11_900, 'final');
    expect(judge(poll(test, 11_901, 2, ['a', 'a', 'a']).end(12_000)).verdict).toBe('valid');
  });

  it('grants a map that is fed by membership the time in which that merges', () => {
    for (const [mergeMs, verdict] of [
      [500, 'invalid'],
      [5000, 'unknown'],
    ] as const) {
      const channels = [
        { name: 's', role: 'membership', bounds: { convergenceMs: mergeMs } },
        { name: 'c', role: 'map', converges: true, claims: [claim('convergence')], bounds: { convergenceMs: 1000 } },
      ];
      const test = history('map', 1000, { channels }).phase(10_000, 'heal').phase(12_000, 'final');
      expect(judge(poll(test, 12_001, 1, ['a', 'a', 'b']).end(12_100)).verdict).toBe(verdict);
    }
  });

  it('does not apply to a map that the plan never writes to, however much it is read, unless its views differ', () => {
    const channels = [{ name: 'c', role: 'map', converges: true, claims: [claim('convergence')] }].map((channel) => ({
      ...channel,
      bounds: { convergenceMs: 1000 },
    }));
    for (const [last, verdict] of [
      ['a', 'not-applicable'],
      ['b', 'invalid'],
    ] as const) {
      const test = new TestHistory({ channels });
      test.planned(100, 'n1', 'register', 'c', 'read', { key: 'k1' });
      test.phase(10_000, 'heal').phase(12_000, 'final');
      const found = judge(
        poll(test, 12_001, 1, ['a', 'a', last], [{}, {}, last === 'a' ? {} : { k1: ['v1', 'x'] }]).end(12_100),
      );
      expect(found.verdict).toBe(verdict);
    }
    const cut = new TestHistory({ channels }).phase(10_000, 'heal');
    expect(judge(cut.end(10_500, 'interrupted')).reason).toBe('the plan has no writes on this channel');
    const unwritten = history().phase(10_000, 'heal').phase(12_000, 'final');
    expect(judge(poll(unwritten, 12_001, 1, ['a', 'a', 'a'], [{}, {}, {}]).end(12_100))).toMatchObject({
      verdict: 'unknown',
      reason: 'all views are equal, and empty',
    });
  });

  it('leaves liars out', () => {
    const faults = [
      { id: 'b', type: 'byzantine', targets: ['n3'], channel: 'c', behaviour: 'x', atMs: 0, untilMs: 9000 },
    ] as const;
    const test = history('map', 1000, { faults }).phase(10_000, 'heal').phase(12_000, 'final');
    expect(judge(poll(test, 12_001, 1, ['a', 'a', 'z']).end(12_100))).toMatchObject({ verdict: 'valid', judged: 2 });
  });

  it('counts beyond the claims without a defect', () => {
    const test = history('map', 1000, {}, 'no quorum').phase(10_000, 'heal').phase(12_000, 'final');
    expect(judge(poll(test, 12_001, 1, ['a', 'a', 'b']).end(12_100))).toMatchObject({
      verdict: 'not-applicable',
      beyondClaims: 'no quorum',
      violations: 1,
    });
  });

  it.each([
    [['n1', 'n2', 'n3'], [], 'valid', ''],
    [['n1', 'n2'], [], 'invalid', 'n3 left out though up'],
    [['n1', 'n2', 'n3', 'n4'], [], 'invalid', 'n4 listed though down'],
    [['n1', 'n2'], ['n3'], 'invalid', 'n3 suspected though up'],
    [['n1/1', 'n2/1', 'n3/1'], [], 'valid', ''],
    [['n1/1', 'n2/1'], ['n3/1'], 'invalid', 'n3 suspected though up'],
    [['n1/1', 'n2/1', 'n3/1', 'n3/2'], [], 'invalid', 'n3/2 listed though down'],
  ])('holds an agreed membership view of %j and %j against the truth', (alive, suspect, verdict, words) => {
    for (const [convergenceMs, expected] of [
      [1000, verdict],
      [60_000, verdict === 'valid' ? 'valid' : 'unknown'],
    ] as const) {
      const test = history('membership', convergenceMs).phase(10_000, 'heal').phase(12_000, 'final');
      const view = { alive, suspect };
      const found = judge(poll(test, 12_001, 1, ['a', 'a', 'a'], [view, view, view]).end(12_100));
      expect(found.verdict).toBe(expected);
      if (expected === 'invalid') expect(found.witness?.summary).toContain(words);
    }
  });
});
