/** Aggregation with one fault each, for tests that show that a checker convicts it. Everything else is the real code. */
import { createAggregation } from './aggregation.ts';

/** Gives an exchange up when its answer is late, though the responder has done its side: mass is lost under loss. */
export const aggregationLosesMass = createAggregation('aggregation-loses-mass', 'planted bug: forgets exchanges', {
  forgetsPending: true,
});

/** Applies each copy of an offer: mass is lost or doubled where messages are repeated. */
export const aggregationDoublesMass = createAggregation('aggregation-doubles-mass', 'planted bug: applies twice', {
  appliesTwice: true,
});

/** Never lets go of an old maximum: it cannot fall when inputs do. */
export const aggregationKeepsMaximum = createAggregation(
  'aggregation-keeps-maximum',
  'planted bug: extremes outlive their epoch',
  { keepsExtremes: true },
);
