import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingsOf } from '../protocol.ts';
import { World } from '../testkit.ts';
import { ALIVE, beats, DEAD, LEFT, type StatusCode, SUSPECT, type Update } from './order.ts';
import { swimSettings } from './settings.ts';
import { swim } from './swim.ts';

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

const claims = fc.array(
  fc.tuple(
    fc.constantFrom('n2', 'n3', 'n4'),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom<StatusCode>(ALIVE, SUSPECT, DEAD, LEFT),
  ),
  { minLength: 1, maxLength: 30 },
);

/** What n1 believes of each other member after these updates, by what it said of them last. */
function outcome(updates: readonly Update[]): string {
  const channels = [{ protocol: swim, settings: settingsOf(swimSettings, 'quick') }];
  const world = new World({ names: ['n1', 'n2', 'n3', 'n4', 'n5'], channels });
  world.start('n1', { seeds: [] });
  for (const one of updates) world.inject('n1', 'n5', 1, { k: 'news', i: 0, u: [one] });
  const held = new Map<string, string>();
  for (const { observation } of world.seen) {
    if (observation.kind !== 'status') continue;
    const { subject, subjectLife, incarnation, status } = observation;
    held.set(subject, `${subject}/${subjectLife} ${incarnation} ${status}`);
  }
  return `${[...held.values()].sort().join()} ${JSON.stringify(world.view('n1'))}`;
}

describe('merging', () => {
  it('does not depend on the order in which updates arrive, nor on how often', () => {
    fc.assert(
      fc.property(claims, fc.infiniteStream(fc.nat()), (updates, keys) => {
        const order = updates.map((one) => ({ one, key: keys.next().value as number }));
        const shuffled = order.sort((a, b) => a.key - b.key).map(({ one }) => one);
        const expected = outcome(updates);
        expect(outcome(shuffled)).toBe(expected);
        expect(outcome([...updates, ...shuffled])).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('ends with the greatest claim about each member', () => {
    fc.assert(
      fc.property(claims, (updates) => {
        const text = outcome(updates);
        for (const one of updates) {
          const greatest = updates.filter((u) => u[0] === one[0]).reduce((a, b) => (beats(b, a) ? b : a));
          const status = ['alive', 'suspect', 'dead', 'left'][greatest[3]];
          expect(text).toContain(`${one[0]}/${greatest[1]} ${greatest[2]} ${status}`);
        }
      }),
    );
  });
});
