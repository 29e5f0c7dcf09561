import { describe, expect, it } from 'vitest';
import { ALIVE, beats, DEAD, LEFT, type StatusCode, SUSPECT, type Update } from './membership-order.ts';

const update = (life: number, incarnation: number, status: StatusCode): Update => ['x', life, incarnation, status];

describe('precedence (SWIM section 4.2)', () => {
  it.each([
    ['alive with a higher incarnation beats suspect', update(1, 2, ALIVE), update(1, 1, SUSPECT)],
    ['alive with a higher incarnation beats alive', update(1, 2, ALIVE), update(1, 1, ALIVE)],
    ['suspect beats alive at the same incarnation', update(1, 1, SUSPECT), update(1, 1, ALIVE)],
    ['suspect with a higher incarnation beats suspect', update(1, 2, SUSPECT), update(1, 1, SUSPECT)],
    ['dead beats suspect at the same incarnation', update(1, 1, DEAD), update(1, 1, SUSPECT)],
    ['alive with a higher incarnation revives the dead', update(1, 2, ALIVE), update(1, 1, DEAD)],
    ['left beats dead at the same incarnation', update(1, 1, LEFT), update(1, 1, DEAD)],
    ['a later life beats the death of an earlier one', update(2, 0, ALIVE), update(1, 9, DEAD)],
    ['a later life beats the leave of an earlier one', update(2, 0, ALIVE), update(1, 9, LEFT)],
  ])('%s', (_, winner, loser) => {
    expect(beats(winner, loser)).toBe(true);
    expect(beats(loser, winner)).toBe(false);
  });

  it('nothing beats itself', () => {
    for (const status of [ALIVE, SUSPECT, DEAD, LEFT] as const)
      expect(beats(update(1, 1, status), update(1, 1, status))).toBe(false);
  });
});
