import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../../harness/model/fault.ts';
import type { MemberStatus } from '../../impl/protocol.ts';
import { createReinstatementChecker } from './reinstatement.ts';
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
  generation?: number,
  life?: number,
];

/** Everybody says its own generation, 100, and knows everybody from 10 ms on. */
function judge(
  said: readonly Said[],
  options: { faults?: readonly PlannedFault[]; endMs?: number; more?: (made: TestHistory) => void } = {},
) {
  const { faults = [], endMs = 16_000 } = options;
  const made = new TestHistory({
    channels: [
      {
        name: 'cassandra',
        role: 'membership',
        claims: [claim('reinstatement')],
        bounds: { refutationMs: 2000, convergenceMs: 3000 },
      },
    ],
    faults,
  });
  const tell = ([atMs, observer, subject, status, generation = 100, life = 1]: Said) =>
    made.observe(atMs, observer, 'cassandra', {
      kind: 'status',
      subject,
      subjectLife: life,
      status,
      incarnation: generation,
    });
  for (const observer of made.members) tell([1, observer, observer, 'alive']);
  for (const observer of made.members) {
    for (const subject of made.members) if (observer !== subject) tell([10, observer, subject, 'alive']);
  }
  for (const one of said) tell(one);
  options.more?.(made);
  for (const fault of faults) {
    made.fault(fault.atMs, fault.id, fault.type, 'start').fault(fault.untilMs, fault.id, fault.type, 'end');
  }
  made
    .phase(10_000, 'heal')
    .phase(endMs - 100, 'final')
    .end(endMs);
  made.lines.sort((a, b) => ('time' in a ? a.time : 0) - ('time' in b ? b.time : 0));
  return made.property(createReinstatementChecker, 'reinstatement');
}

describe('reinstated', () => {
  it('spares a conviction that ends in time, in the same generation', () => {
    const result = judge([
      [2000, 'n2', 'n1', 'dead'],
      [3900, 'n2', 'n1', 'alive'],
    ]);
    expect(result).toMatchObject({ verdict: 'valid', violations: 0 });
    expect(result.details?.reinstated).toEqual({ judged: 1, violations: 0 });
  });

  it('convicts one that ends too late, or never', () => {
    expect(
      judge([
        [2000, 'n2', 'n1', 'dead'],
        [4100, 'n2', 'n1', 'alive'],
      ]),
    ).toMatchObject({ verdict: 'invalid', violations: 1 });
    const never = judge([[2000, 'n2', 'n1', 'dead']]);
    expect(never.verdict).toBe('invalid');
    expect(never.witness?.summary).toContain('never did');
  });

  it('counts the time from the end of the fault', () => {
    const faults = [PARTITION];
    expect(
      judge(
        [
          [5000, 'n2', 'n1', 'dead'],
          [11_900, 'n2', 'n1', 'alive'],
        ],
        { faults },
      ).verdict,
    ).toBe('valid');
    expect(
      judge(
        [
          [5000, 'n2', 'n1', 'dead'],
          [12_100, 'n2', 'n1', 'alive'],
        ],
        { faults },
      ).verdict,
    ).toBe('invalid');
  });

  it('does not know where the run ends before the bound', () => {
    const result = judge([[9500, 'n2', 'n1', 'dead']], { faults: [PARTITION], endMs: 11_000 });
    expect(result).toMatchObject({ verdict: 'unknown', violations: 0 });
    expect(result.reason).toContain('still given up');
  });
});

describe('known', () => {
  it('convicts an end at which a new life is held dead, or unknown', () => {
    const made = (status: MemberStatus, life: number) =>
      judge([
        [1, 'n1', 'n1', 'alive', 101, life],
        [5000, 'n2', 'n1', status, 101, life],
      ]);
    expect(made('dead', 1).details?.known).toMatchObject({ violations: 1 });
    expect(made('alive', 1).verdict).toBe('valid');
  });
});

describe('generations and order', () => {
  it('convicts a generation that the member never took', () => {
    const result = judge([[5000, 'n2', 'n1', 'alive', 107]]);
    expect(result.details?.generations).toMatchObject({ violations: 1 });
    expect(result.witness?.summary).toContain('never took that generation');
  });

  it('convicts a step back to an earlier generation, and spares one forward', () => {
    const forward: Said[] = [
      [4000, 'n1', 'n1', 'alive', 101],
      [5000, 'n2', 'n1', 'alive', 101],
    ];
    expect(judge(forward).verdict).toBe('valid');
    const back = judge([...forward, [6000, 'n2', 'n1', 'alive', 100]]);
    expect(back.verdict).toBe('invalid');
    expect(back.witness?.summary).toContain('an earlier generation never comes back');
  });

  it('lets a boot that knows nothing yet hear of earlier generations first', () => {
    const said: Said[] = [
      [4000, 'n1', 'n1', 'alive', 101],
      [5000, 'n2', 'n1', 'alive', 101],
      [6000, 'n2', 'n1', 'alive', 100],
      [6500, 'n2', 'n1', 'alive', 101],
    ];
    const restarted = (atMs: number) =>
      judge(said, { more: (made) => made.member('n2', atMs, 'crash').up('n2', atMs + 100, 1, 2) });
    expect(restarted(5500).details?.order).toMatchObject({ violations: 0 });
    expect(restarted(4500).details?.order).toMatchObject({ violations: 1 });
  });

  it('convicts whoever comes back in the life in which it left', () => {
    const result = judge([
      [5000, 'n2', 'n1', 'left'],
      [5500, 'n2', 'n1', 'alive'],
    ]);
    expect(result.details?.order).toMatchObject({ violations: 1 });
  });
});
