import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changed,
  compareGossip,
  DOWN,
  EXITING,
  foundingGossip,
  type Gossip,
  isConverged,
  JOINING,
  LEAVING,
  leaderOf,
  mergeGossip,
  parseId,
  type StatusCode,
  statusOf,
  TRANSITIONS,
  UP,
  unreachableIn,
  WEAKLY_UP,
  withoutMembers,
  withRow,
  withSeen,
  withStatus,
} from './gossip.ts';
import { isId } from './messages.ts';

const A = 'a/1.1';
const B = 'b/1.1';
const C = 'c/1.1';
const IDS = [A, B, C] as const;

/** All up, and all have seen it. */
function settled(): Gossip {
  let gossip = foundingGossip(A);
  for (const id of IDS) gossip = withStatus(gossip, id, UP);
  gossip = changed(gossip, A);
  for (const id of IDS) gossip = withSeen(gossip, id);
  return gossip;
}

const id = fc.constantFrom(...IDS);
/** A step that some member takes on the state it holds. */
const step = fc.oneof(
  fc.record({ by: id, to: id, status: fc.constantFrom<StatusCode>(WEAKLY_UP, UP, LEAVING, EXITING, DOWN) }),
  fc.record({ by: id, unreachable: fc.subarray([...IDS]) }),
  fc.record({ by: id, remove: id }),
);
type Step = { by: string; to?: string; status?: StatusCode; unreachable?: string[]; remove?: string };

function apply(gossip: Gossip, { by, to, status, unreachable, remove }: Step): Gossip {
  if (to !== undefined && status !== undefined) {
    return (statusOf(gossip, to) ?? 9) < status ? changed(withStatus(gossip, to, status), by) : gossip;
  }
  if (unreachable !== undefined)
    return changed(
      withRow(
        gossip,
        by,
        unreachable.filter((one) => one !== by),
      ),
      by,
    );
  return remove === undefined || remove === by ? gossip : withoutMembers(changed(gossip, by), [remove]);
}

/** Two states that grew out of one, at different members. */
const pair = fc.tuple(fc.array(step, { maxLength: 5 }), fc.array(step, { maxLength: 5 })).map(([left, right]) => {
  const start = settled();
  const as = left.map((one) => ({ ...one, by: A }));
  const bs = right.map((one) => ({ ...one, by: B }));
  return [as.reduce<Gossip>(apply, start), bs.reduce<Gossip>(apply, start)] as const;
});

describe('merge', () => {
  it('is commutative and idempotent, and nobody has seen its outcome', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const merged = mergeGossip(a, b);
        expect(mergeGossip(b, a)).toEqual(merged);
        expect(mergeGossip(merged, merged)).toEqual(merged);
        expect(merged.s).toEqual([]);
      }),
    );
  });

  it('is behind neither side, keeps the higher status, and brings back none that was removed', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const merged = mergeGossip(a, b);
        for (const side of [a, b]) {
          expect(['after', 'same']).toContain(compareGossip(merged, side));
          for (const gone of side.t) expect(statusOf(merged, gone)).toBeUndefined();
          for (const [member, status] of merged.m) expect(status).toBeGreaterThanOrEqual(statusOf(side, member) ?? 0);
        }
      }),
    );
  });

  it('takes the later word of each observer', () => {
    const start = settled();
    const before = changed(withRow(start, A, [C]), A);
    const after = changed(withRow(before, A, []), A);
    const other = changed(withRow(before, B, [A]), B);
    expect([...unreachableIn(mergeGossip(after, other))]).toEqual([A]);
  });
});

describe('compare', () => {
  it('a change is after, two changes apart are concurrent', () => {
    const start = settled();
    const a = changed(withRow(start, A, [C]), A);
    const b = changed(withRow(start, B, [C]), B);
    expect(compareGossip(a, start)).toBe('after');
    expect(compareGossip(start, a)).toBe('before');
    expect(compareGossip(a, b)).toBe('concurrent');
    expect(compareGossip(withSeen(start, 'x/1.1'), start)).toBe('same');
  });
});

describe('convergence', () => {
  const converged = (gossip: Gossip) => isConverged(gossip, A, unreachableIn(gossip));

  it('holds when all up and leaving members have seen the state', () => {
    expect(converged(settled())).toBe(true);
    expect(converged({ ...settled(), s: [A, B] })).toBe(false);
    const joining = withStatus(settled(), 'd/1.1', JOINING);
    expect(converged(joining)).toBe(true);
    expect(converged(withStatus(joining, 'd/1.1', LEAVING))).toBe(false);
  });

  it('is hindered by the unreachable, but not by those that are down or exiting, nor by what the down say', () => {
    const hindered = withRow(settled(), B, [C]);
    expect(converged(hindered)).toBe(false);
    for (const status of [DOWN, EXITING] as const) expect(converged(withStatus(hindered, C, status))).toBe(true);
    expect(converged(withStatus(hindered, B, DOWN))).toBe(true);
  });
});

describe('leader', () => {
  it('is the first reachable address among the up and leaving, else among the weakly up, then the joining', () => {
    const leader = (gossip: Gossip) => leaderOf(gossip, B, unreachableIn(gossip));
    expect(leader(settled())).toBe(A);
    expect(leader(withRow(settled(), B, [A]))).toBe(B);
    expect(leader(withStatus(settled(), A, JOINING))).toBe(B);
    let young = settled();
    for (const member of IDS) young = withStatus(young, member, JOINING);
    expect(leader(young)).toBe(A);
    expect(leader(withStatus(young, C, WEAKLY_UP))).toBe(C);
  });
});

describe('life cycle', () => {
  it('has the transitions of the documentation', () => {
    expect(TRANSITIONS).toEqual([[1, 2, 3, 5, 6], [2, 3, 5, 6], [3, 5, 6], [4, 5, 6], [6, 5], [6], []]);
  });
});

it('ids are read as they are written, whatever is in the name', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.nat(), fc.nat(), (name, life, uid) => {
      const text = `${name}/${life}.${uid}`;
      expect(isId(text)).toBe(true);
      expect(parseId(text)).toEqual({ name, life, uid });
    }),
  );
});
