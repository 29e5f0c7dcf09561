/** Consensus that is wrong on purpose, each in one point, for the tests of what must catch it. Never in the registry. */
import { type ConsensusProtocol, createConsensus } from './consensus.ts';

/** A majority of the voters known so far, as naive gossip consensus has it: whoever knows only itself decides at once. */
export const consensusMajorityOfKnown: ConsensusProtocol = createConsensus('consensus-majority-of-known', {
  majorityOfKnown: true,
});

/** A restart with state forgets promises and accepted values: the voter helps a second value to a majority. */
export const consensusForgetsVotes: ConsensusProtocol = createConsensus('consensus-forgets-votes', {
  forgetsVotes: true,
});

/** A member that lost its state votes again, as if it never had. */
export const consensusNewLifeVotes: ConsensusProtocol = createConsensus('consensus-new-life-votes', {
  newLifeVotes: true,
});

/** Decisions are not handed on: a member that was out of reach of the votes never learns them (termination). */
export const consensusTellsNobody: ConsensusProtocol = createConsensus('consensus-tells-nobody', {
  tellsNobody: true,
});
