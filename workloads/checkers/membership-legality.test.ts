import { describe, expect, it } from 'vitest';
import type { LifecycleStatus, MemberStatus } from '../../impl/protocol.ts';
import { createMembershipLegalityChecker } from './membership-legality.ts';
import { claim, TestHistory } from './test-history.ts';

type How = 'heard' | 'made' | 'converged';
type Step = readonly [atMs: number, observer: string, subject: string, status: LifecycleStatus, how: How];
type Health = readonly [atMs: number, observer: string, subject: string, status: MemberStatus];

/** n1 and n2 are up everywhere from 100 ms on. */
function judge(steps: readonly Step[], health: readonly Health[] = []) {
  const made = new TestHistory({
    channels: [{ name: 'akka', role: 'membership', claims: [claim('membership-legality')] }],
  });
  const before: Step[] = [];
  for (const subject of ['n1', 'n2']) {
    before.push([10, 'n1', subject, 'joining', 'made'], [20, 'n2', subject, 'joining', 'heard']);
    before.push([90, 'n1', subject, 'up', 'converged'], [100, 'n2', subject, 'up', 'heard']);
  }
  const said = { subjectLife: 1, incarnation: 1 };
  for (const [atMs, observer, subject, status, how] of [...before, ...steps]) {
    const origin =
      how === 'heard'
        ? {}
        : how === 'made'
          ? { made: true as const }
          : { made: true as const, converged: true as const };
    made.observe(atMs, observer, 'akka', { kind: 'lifecycle', subject, ...said, status, ...origin });
  }
  for (const [atMs, observer, subject, status] of health) {
    made.observe(atMs, observer, 'akka', { kind: 'status', subject, ...said, status });
  }
  made.lines.sort((a, b) => ('time' in a ? a.time : 0) - ('time' in b ? b.time : 0));
  made.phase(10_000, 'heal').phase(11_000, 'final').end(11_100);
  return made.property(createMembershipLegalityChecker, 'membership-legality');
}

const JOINS: readonly Step[] = [
  [1000, 'n1', 'n3', 'joining', 'made'],
  [1100, 'n2', 'n3', 'joining', 'heard'],
  [1200, 'n1', 'n3', 'up', 'converged'],
];

describe('transitions', () => {
  it('spares the life cycle, and several steps at once where they are heard of', () => {
    const result = judge([
      ...JOINS,
      [2000, 'n1', 'n3', 'leaving', 'heard'],
      [2100, 'n1', 'n3', 'exiting', 'converged'],
      [2200, 'n1', 'n3', 'removed', 'converged'],
      [2300, 'n2', 'n3', 'removed', 'heard'],
    ]);
    expect(result).toMatchObject({ verdict: 'valid', violations: 0 });
  });

  it.each<[string, readonly Step[]]>([
    ['several steps at once, made', [...JOINS, [2000, 'n1', 'n3', 'exiting', 'converged']]],
    ['a step back, heard of', [...JOINS, [2000, 'n1', 'n3', 'joining', 'heard']]],
    [
      'a return after removal',
      [...JOINS, [2000, 'n1', 'n3', 'removed', 'converged'], [2100, 'n1', 'n3', 'up', 'heard']],
    ],
    ['exiting out of down', [...JOINS, [2000, 'n1', 'n3', 'down', 'made'], [2100, 'n1', 'n3', 'exiting', 'heard']]],
    ['a beginning other than joining', [[1000, 'n1', 'n3', 'weakly-up', 'made']]],
  ])('convicts %s', (_, steps) => {
    const result = judge(steps);
    expect(result.verdict).toBe('invalid');
    expect(result.details?.transitions).toMatchObject({ violations: 1 });
    expect(result.witness?.summary).toContain('n3');
  });

  it('lets an observer that begins anew start without records', () => {
    const again: readonly Step[] = [...JOINS, [3000, 'n1', 'n3', 'joining', 'heard']];
    expect(judge(again, [[2000, 'n1', 'n1', 'alive']]).verdict).toBe('valid');
  });
});

describe('leader', () => {
  it('convicts what is made without convergence', () => {
    const result = judge([...JOINS.slice(0, 2), [1200, 'n1', 'n3', 'up', 'made']]);
    expect(result.details?.leader).toMatchObject({ violations: 1 });
  });

  it('convicts a convergence claimed while a member was unreachable, and spares one while it was down', () => {
    const health: Health[] = [[500, 'n1', 'n2', 'suspect']];
    const result = judge(JOINS, health);
    expect(result.verdict).toBe('invalid');
    expect(result.witness?.summary).toContain('unreachable');
    expect(judge([[600, 'n1', 'n2', 'down', 'made'], ...JOINS], health).verdict).toBe('valid');
    expect(judge(JOINS, [...health, [900, 'n1', 'n2', 'alive']]).verdict).toBe('valid');
  });

  it('convicts a member brought up before all others had heard of it', () => {
    const late: readonly Step[] = [
      [1000, 'n1', 'n3', 'joining', 'made'],
      [1200, 'n1', 'n3', 'up', 'converged'],
      [1300, 'n2', 'n3', 'up', 'heard'],
    ];
    const result = judge(late);
    expect(result.verdict).toBe('invalid');
    expect(result.witness?.summary).toContain('had not heard of it');
  });
});
