/**
 * Test support: flaws that aggregation once had and drawn plans found, kept to see what they broke. Too rare to be hunted
 * anew in each test run (one plan in thousands shows them); corpus/ keeps the plans. Imported by tests only.
 */
import { createAggregation } from './aggregation.ts';

/** Both give where two offers cross: two members whose cycles run side by side swap what they hold for ever. */
export const aggregationSwaps = createAggregation('aggregation-swaps', 'mended bug: crossed offers swap', {
  swaps: true,
});

/** Who is restarted takes its epoch for as old as its own life, and may miss the start of the next one. */
export const aggregationKeepsOwnAge = createAggregation('aggregation-keeps-own-age', 'mended bug: restarts are late', {
  keepsOwnAge: true,
});
