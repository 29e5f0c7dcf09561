import { expect, test } from 'vitest';
import { tellDeaths } from './death-story.ts';
import { BeliefFold } from './folds/belief-fold.ts';
import { syntheticRun } from './synthetic-run.ts';

function told(change: (fold: BeliefFold, line: ReturnType<typeof syntheticRun>['lines'][number]) => boolean) {
  const run = syntheticRun({ operations: 2 });
  const fold = new BeliefFold(run.plan);
  for (const line of run.lines) {
    if (!change(fold, line)) continue;
    if (line.type === 'member') fold.member(line);
    if (line.type === 'observe' && line.kind === 'status')
      fold.status(line.member, line.subject, line.subjectLife, line.status, line.time);
    if (line.type === 'phase' && line.phase === 'final') fold.closing();
  }
  fold.finish(run.timeline.lastTime);
  return { ...tellDeaths(fold, run.timeline), fold };
}

test('both sides of a split, the merge after it, and a real death', () => {
  const { sentences, falseDeaths, unmended, fold } = told(() => true);
  expect(falseDeaths).toBe(24);
  expect(unmended).toBe(0);
  const story = sentences.join('\n');
  expect(story).toMatch(/n1–n3 declared n4–n7 dead between 8\.\d s and 9\.\d s, though running\./);
  expect(story).toMatch(/n4–n7 declared n1–n3 dead between /);
  expect(story).toMatch(
    /The last such belief ended at 18\.\d s, 3\.\d s after partition f2 ended: the views had merged/,
  );
  expect(story).toMatch(/n2 was declared dead while it was down by 6 members, between 2\d\.\d s and 2\d\.\d s\./);
  const at = (ms: number, running: boolean, status: string) =>
    fold.counts.find((count) => count.time === ms * 1e6 && count.running === running && count.status === status)?.pairs;
  expect(at(12_000, true, 'dead')).toBe(24);
  expect(at(12_000, true, 'alive')).toBe(18);
  expect(at(22_000, false, 'dead')).toBe(6);
  // The killed member's own six beliefs are gone with it.
  expect(at(22_000, true, 'alive')).toBe(30);
});

test('what never merges is said', () => {
  const mended = (line: { type: string; time?: number }): boolean =>
    line.type === 'observe' && (line.time ?? 0) > 15.9e9 && (line.time ?? 0) < 18.9e9;
  const { sentences, unmended } = told((_, line) => !mended(line as { type: string; time?: number }));
  // n2's crash clears its own three, the others stay.
  expect(unmended).toBeGreaterThan(0);
  expect(sentences.join('\n')).toMatch(/such beliefs? of 24 still held at the end of the history\./);
  expect(sentences.join('\n')).not.toMatch(/merged again/);
});

test('nothing to tell', () => {
  const { sentences, falseDeaths } = told(
    (_, line) => !(line.type === 'observe' && line.kind === 'status' && line.status === 'dead'),
  );
  expect(falseDeaths).toBe(0);
  expect(sentences).toEqual(['No running member was declared dead by another.']);
});
