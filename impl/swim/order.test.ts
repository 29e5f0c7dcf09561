import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALIVE, beats, DEAD, LEFT, type StatusCode, SUSPECT, type Update } from '../primitives/membership-order.ts';
import { settingsOf } from '../protocol.ts';
import { World } from '../testkit.ts';
import { swimSettings } from './settings.ts';
import { swim } from './swim.ts';

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
