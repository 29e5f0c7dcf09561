import { describe, expect, it } from 'vitest';
import { PeerBeliefs } from './peer-beliefs.ts';

const ROSTER = ['a', 'b', 'c'];

function beliefs(...said: readonly (readonly [time: number, observer: string, subject: string, up: boolean])[]) {
  const made = new PeerBeliefs(ROSTER);
  for (const [time, member, subject, up] of said) {
    const status = up ? 'alive' : 'dead';
    const about = { subject, subjectLife: 1, status, incarnation: 0 } as const;
    made.status({ type: 'observe', time, member, life: 1, channel: 'swim', kind: 'status', ...about });
  }
  return made;
}

const ALL_AT_1 = ROSTER.flatMap((observer) =>
  ROSTER.filter((subject) => subject !== observer).map((subject) => [1, observer, subject, true] as const),
);

describe('who believed whom up', () => {
  it('all believe all, until one is declared dead by one', () => {
    const made = beliefs(...ALL_AT_1, [10, 'a', 'c', false]);
    expect(made.completeThroughout(1, 9)).toBe(true);
    expect(made.completeThroughout(0, 9)).toBe(false);
    expect(made.completeThroughout(5, 10)).toBe(false);
  });

  it('those who are left believe each other up, whatever they believe of the one that is gone', () => {
    const made = beliefs(...ALL_AT_1, [10, 'a', 'c', false]);
    expect(made.completeAmong(['a', 'b'], 5, 20)).toBe(true);
    expect(made.completeAmong(['a', 'b', 'c'], 5, 20)).toBe(false);
    expect(made.completeAmong(['b', 'c'], 5, 20)).toBe(true);
    expect(made.completeAmong(['a', 'b'], 0, 20)).toBe(false);
  });

  it('a belief that was given up for a while was not held throughout; a boot gives up all', () => {
    const made = beliefs(...ALL_AT_1, [10, 'a', 'b', false], [12, 'a', 'b', true]);
    expect(made.completeAmong(['a', 'b'], 5, 11)).toBe(false);
    expect(made.completeAmong(['a', 'b'], 12, 20)).toBe(true);
    made.boot('b', 15);
    expect(made.completeAmong(['a', 'b'], 12, 20)).toBe(false);
    expect(made.completeAmong(['a', 'c'], 12, 20)).toBe(true);
  });
});
