import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../../harness/model/fault.ts';
import type { MemberStatus } from '../../impl/protocol.ts';
import { createRefutationChecker } from './refutation.ts';
import { claim, TestHistory } from './test-history.ts';

const PARTITION: PlannedFault = {
  id: 'p',
  type: 'partition',
  shape: 'one',
  cuts: [{ from: ['n1'], to: ['n2', 'n3'] }],
  atMs: 1000,
  untilMs: 10_000,
};

type Said = readonly [
  atMs: number,
  observer: string,
  subject: string,
  status: MemberStatus,
  incarnation: number,
  life?: number,
];
type Raised = readonly [atMs: number, member: string, incarnation: number];

/** Everybody knows everybody from 10 ms on. */
function history(said: readonly Said[], raised: readonly Raised[] = [], faults: readonly PlannedFault[] = []) {
  const made = new TestHistory({
    channels: [
      {
        name: 'swim',
        role: 'membership',
        claims: [claim('refutation')],
        bounds: { refutationMs: 2000, convergenceMs: 3000 },
      },
    ],
    faults,
  });
  for (const observer of made.members) {
    for (const subject of made.members) {
      if (observer !== subject) tell(made, [10, observer, subject, 'alive', 0]);
    }
  }
  const events = [
    ...said.map((one) => ({ at: one[0], run: () => tell(made, one) })),
    ...raised.map(([at, member, incarnation]) => ({
      at,
      run: () => made.observe(at, member, 'swim', { kind: 'refute', incarnation, against: 'suspect' }),
    })),
    ...faults.map((fault) => ({ at: fault.atMs, run: () => made.fault(fault.atMs, fault.id, fault.type, 'start') })),
  ].sort((a, b) => a.at - b.at);
  for (const event of events) event.run();
  return made;
}

function tell(made: TestHistory, [atMs, observer, subject, status, incarnation, life = 1]: Said): void {
  made.observe(atMs, observer, 'swim', { kind: 'status', subject, subjectLife: life, status, incarnation });
}

/** A restart with state takes up again what it held of these, in their first life. */
function recall(made: TestHistory, atMs: number, observer: string, subjects: readonly string[]): void {
  for (const subject of subjects) {
    made.observe(atMs, observer, 'swim', {
      kind: 'recall',
      ...{ subject, subjectLife: 1, status: 'alive', incarnation: 0 },
    });
  }
}

function judge(made: TestHistory, endMs = 16_000, outcome: 'completed' | 'interrupted' = 'completed') {
  for (const fault of made.options.faults ?? []) made.fault(10_000, fault.id, fault.type, 'end');
  made.lines.sort((a, b) => ('time' in a ? a.time : 0) - ('time' in b ? b.time : 0));
  made
    .phase(10_000, 'heal')
    .phase(endMs - 100, 'final')
    .end(endMs, outcome);
  return made.property(createRefutationChecker, 'refutation');
}

describe('refuted', () => {
  it('spares a suspicion that is taken back in time', () => {
    const result = judge(
      history(
        [
          [2000, 'n2', 'n1', 'suspect', 0],
          [3000, 'n2', 'n1', 'alive', 1],
        ],
        [[2900, 'n1', 1]],
      ),
    );
    expect(result).toMatchObject({ verdict: 'valid', violations: 0 });
    expect(result.details?.refuted).toEqual({ judged: 1, violations: 0 });
  });

  it('convicts one that never is', () => {
    const result = judge(
      history([
        [2000, 'n2', 'n1', 'suspect', 0],
        [2500, 'n2', 'n1', 'dead', 0],
      ]),
    );
    expect(result).toMatchObject({ verdict: 'invalid', violations: 1 });
    expect(result.witness?.summary).toMatch(/n2 held suspect .* about n1 .* never did/);
  });

  it('convicts one that is too late', () => {
    const result = judge(
      history(
        [
          [2000, 'n2', 'n1', 'suspect', 0],
          [4001, 'n2', 'n1', 'alive', 1],
        ],
        [[3900, 'n1', 1]],
      ),
    );
    expect(result).toMatchObject({ verdict: 'invalid', violations: 1 });
  });

  it('starts the bound at the end of the partition', () => {
    const said: Said[] = [
      [2000, 'n2', 'n1', 'dead', 0],
      [11_900, 'n2', 'n1', 'alive', 1],
    ];
    expect(judge(history(said, [[11_000, 'n1', 1]], [PARTITION])).verdict).toBe('valid');
    expect(judge(history(said.slice(0, 1), [], [PARTITION]))).toMatchObject({ verdict: 'invalid', violations: 1 });
  });

  it('spares true deaths and those who left', () => {
    const made = history([
      [3000, 'n2', 'n1', 'dead', 0],
      [3000, 'n3', 'n1', 'left', 0],
    ]);
    made.member('n1', 2000, 'crash');
    expect(judge(made)).toMatchObject({ verdict: 'valid', violations: 0 });
  });

  it('asks for the return of a member that is up again in the same life', () => {
    const made = history(
      [
        [3000, 'n2', 'n1', 'dead', 0],
        [3000, 'n3', 'n1', 'dead', 0],
        [6000, 'n3', 'n1', 'alive', 1],
      ],
      [[5500, 'n1', 1]],
    );
    made.member('n1', 2000, 'crash').up('n1', 5000, 1, 2);
    recall(made, 5000, 'n1', ['n2', 'n3']);
    expect(judge(made)).toMatchObject({ verdict: 'invalid', violations: 1 });
  });

  it('does not know of a death that stood when the run ended too soon', () => {
    const made = history([[2000, 'n2', 'n1', 'dead', 0]], [], [PARTITION]);
    expect(judge(made, 11_000)).toMatchObject({ verdict: 'unknown', violations: 0 });
  });

  it('does not know when the run was interrupted', () => {
    expect(judge(history([]), 12_000, 'interrupted').verdict).toBe('unknown');
  });
});

describe('known', () => {
  it('convicts an observer that knows only an earlier life', () => {
    const made = history([
      [3000, 'n2', 'n1', 'alive', 0, 2],
      [2500, 'n3', 'n1', 'dead', 0],
    ]);
    made.member('n1', 2000, 'crash').up('n1', 2800, 2);
    for (const subject of ['n2', 'n3']) tell(made, [2900, 'n1', subject, 'alive', 0]);
    const result = judge(made);
    expect(result).toMatchObject({ verdict: 'invalid', violations: 1 });
    expect(result.details?.known).toEqual({ judged: 6, violations: 1 });
    expect(result.witness?.summary).toContain('n3 knows only dead');
  });
});

describe('known, after a restart with state', () => {
  const restarted = (): TestHistory => {
    const made = history([]);
    made.member('n2', 2000, 'crash').up('n2', 3000, 1, 2);
    return made;
  };

  it('spares what was taken up again, or heard since', () => {
    const made = restarted();
    recall(made, 3000, 'n2', ['n1']);
    made.member('n3', 3200, 'crash').up('n3', 3300, 2);
    for (const observer of ['n1', 'n2']) tell(made, [3500, observer, 'n3', 'alive', 0, 2]);
    for (const subject of ['n1', 'n2']) tell(made, [3500, 'n3', subject, 'alive', 0]);
    expect(judge(made)).toMatchObject({ verdict: 'valid', details: { known: { judged: 6, violations: 0 } } });
  });

  it('convicts a boot that has lost what an earlier one of its life knew', () => {
    const made = restarted();
    recall(made, 3000, 'n2', ['n1']);
    const result = judge(made);
    expect(result).toMatchObject({ verdict: 'invalid', violations: 1, details: { known: { violations: 1 } } });
    expect(result.witness?.summary).toContain('n2 knows nothing of it');
  });

  it('convicts one that took up an earlier life, and heard of no later one', () => {
    const made = restarted();
    recall(made, 3000, 'n2', ['n1', 'n3']);
    made.member('n1', 4000, 'crash').up('n1', 5000, 2);
    for (const subject of ['n2', 'n3']) tell(made, [5100, 'n1', subject, 'alive', 0]);
    tell(made, [5200, 'n3', 'n1', 'alive', 0, 2]);
    const result = judge(made);
    expect(result).toMatchObject({ verdict: 'invalid', details: { known: { violations: 1 } } });
    expect(result.witness?.summary).toContain('n2 knows only alive (life 1');
  });

  it('asks nothing of a boot that came too late to hear of anybody', () => {
    const made = history([]);
    made.member('n2', 2000, 'crash').up('n2', 14_500, 1, 2);
    recall(made, 14_500, 'n2', ['n1']);
    expect(judge(made).details?.known).toEqual({ judged: 5, violations: 0 });
  });
});

describe('incarnations', () => {
  it('convicts an incarnation that the member never took', () => {
    const result = judge(history([[2000, 'n2', 'n1', 'alive', 1]]));
    expect(result.details?.incarnations).toEqual({ judged: 1, violations: 1 });
    expect(result.verdict).toBe('invalid');
  });

  it('convicts one that was named before the member took it', () => {
    const result = judge(history([[2000, 'n2', 'n1', 'alive', 1]], [[2001, 'n1', 1]]));
    expect(result.details?.incarnations).toEqual({ judged: 1, violations: 1 });
  });

  it('spares one that the member took first', () => {
    const said: Said[] = [
      [1900, 'n2', 'n1', 'suspect', 0],
      [2000, 'n2', 'n1', 'alive', 1],
    ];
    expect(judge(history(said, [[1999, 'n1', 1]])).verdict).toBe('valid');
  });
});

describe('provoked', () => {
  const suspected: Said = [2000, 'n2', 'n1', 'suspect', 0];
  const cleared: Said = [2500, 'n2', 'n1', 'alive', 1];

  it('spares a member that refutes what was said, of its incarnation or a higher one', () => {
    const result = judge(
      history(
        [suspected, cleared, [3000, 'n3', 'n1', 'dead', 1], [3500, 'n3', 'n1', 'alive', 2]],
        [
          [2400, 'n1', 1],
          [3400, 'n1', 2],
        ],
      ),
    );
    expect(result.details?.provoked).toEqual({ judged: 2, violations: 0 });
    expect(result.verdict).toBe('valid');
    // Lost state of its own: the accusation names an incarnation that it no longer knows to be its.
    const skipping = judge(
      history(
        [
          [2000, 'n2', 'n1', 'suspect', 4],
          [2500, 'n2', 'n1', 'alive', 5],
        ],
        [[2400, 'n1', 5]],
      ),
    );
    expect(skipping.details?.provoked).toEqual({ judged: 1, violations: 0 });
  });

  it('convicts one that raises its incarnation though nobody has accused it', () => {
    const result = judge(history([[2500, 'n2', 'n1', 'alive', 1]], [[2400, 'n1', 1]]));
    expect(result).toMatchObject({ verdict: 'invalid', violations: 1 });
    expect(result.witness?.summary).toMatch(
      /^n1 \(life 1\) raised its incarnation from 0 to 1 at 2.4.* nobody had accused it/,
    );
  });

  it('convicts one that says so of itself, that does so twice for one accusation, or before it', () => {
    const itself = judge(history([[2400, 'n1', 'n1', 'alive', 1]]));
    expect(itself.details?.provoked).toEqual({ judged: 1, violations: 1 });
    const twice = judge(
      history(
        [suspected, cleared],
        [
          [2400, 'n1', 1],
          [2450, 'n1', 2],
        ],
      ),
    );
    expect(twice.details?.provoked).toEqual({ judged: 2, violations: 1 });
    const before = judge(history([suspected, cleared], [[1900, 'n1', 1]]));
    expect(before.details?.provoked).toEqual({ judged: 1, violations: 1 });
  });

  it('asks for an accusation of the very life', () => {
    const made = history([suspected, [2900, 'n2', 'n1', 'alive', 0, 2]]);
    made.member('n1', 2100, 'crash').up('n1', 2800, 2);
    for (const subject of ['n2', 'n3']) tell(made, [2900, 'n1', subject, 'alive', 0]);
    tell(made, [2950, 'n3', 'n1', 'alive', 0, 2]);
    made.observe(3000, 'n1', 'swim', { kind: 'refute', incarnation: 1, against: 'suspect' });
    expect(judge(made).details?.provoked).toEqual({ judged: 1, violations: 1 });
  });
});

describe('order', () => {
  it('convicts a suspect that turns alive without a new incarnation', () => {
    const result = judge(
      history([
        [2000, 'n2', 'n1', 'suspect', 0],
        [2100, 'n2', 'n1', 'alive', 0],
      ]),
    );
    expect(result.details?.order).toEqual({ judged: 2, violations: 1 });
    expect(result.verdict).toBe('invalid');
  });

  it.each([
    ['a new life of the observer begin anew', 2, 1, 0],
    ['no new boot of the same life say less', 1, 2, 2],
  ] as const)('lets %s', (_, life, boot, violations) => {
    const made = history([
      [2000, 'n2', 'n1', 'suspect', 0],
      [2600, 'n2', 'n1', 'alive', 0],
      [2600, 'n2', 'n3', 'alive', 0],
    ]);
    made.member('n2', 2100, 'crash').up('n2', 2500, life, boot);
    expect(judge(made)).toMatchObject({ details: { order: { violations } } });
  });
});

it('judges no liar, neither what it says nor what is said of it', () => {
  const lie: PlannedFault = {
    id: 'b',
    type: 'byzantine',
    targets: ['n1'],
    channel: 'swim',
    behaviour: 'x',
    atMs: 0,
    untilMs: 9,
  };
  const result = judge(
    history(
      [
        [2000, 'n1', 'n2', 'dead', 5],
        [2000, 'n2', 'n1', 'dead', 3],
      ],
      [],
      [lie],
    ),
  );
  expect(result).toMatchObject({ verdict: 'valid', violations: 0 });
  // Whom the liar accused, nobody knows.
  const raised = judge(history([[2500, 'n3', 'n2', 'alive', 1]], [[2400, 'n2', 1]], [lie]));
  expect(raised.details?.provoked).toEqual({ judged: 0, violations: 0 });
});

it('does not know when nobody said anything', () => {
  const made = history([]);
  made.lines.splice(0, made.lines.length, ...made.lines.filter((line) => line.type !== 'observe'));
  expect(judge(made)).toMatchObject({ verdict: 'unknown' });
});
