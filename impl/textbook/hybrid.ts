/**
 * The textbook's adaptive push-pull, its flaw kept. Selectable as any other protocol; not to be used.
 *
 * - The usefulness of an exchange is the number of items that were new, and not their share, though it is held against
 *   thresholds between 0 and 1: one big exchange looks like many good ones, one new item among a hundred old ones like a
 *   perfect exchange. Under traffic the fanout and the probability of a push go to their largest.
 *
 * What is adapted is how much is said, never what: the naive form has no flaw in its state, so the store is the
 * real one's, and the flaw is not unsafe. What it costs are messages (hybrid.test.ts).
 */
import { createHybrid } from '../hybrid/hybrid.ts';

export const textbookHybrid = createHybrid(
  {
    name: 'textbook/hybrid',
    summary: 'naive adaptive push-pull: the usefulness of an exchange is a count of items',
    source: 'own: the naive form of hybrid push-pull',
  },
  { countsItems: true },
);
