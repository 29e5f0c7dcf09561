/**
 * Test support: a flaw that aggregation once had and a drawn plan found, kept to see what it broke. Too rare to be hunted
 * anew in each test run (one plan in thousands shows it); corpus/ keeps the plan. Imported by tests only.
 */
import { createAggregation } from './aggregation.ts';

/** Both give where two offers cross: two members whose cycles run side by side swap what they hold for ever. */
export const aggregationSwaps = createAggregation('aggregation-swaps', 'mended bug: crossed offers swap', {
  swaps: true,
});
