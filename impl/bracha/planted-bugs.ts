/**
 * Reliable broadcasts that are wrong on purpose, each in one point, for the tests of what must catch them. Never in the
 * registry.
 */
import { type BrachaProtocol, createBracha } from './bracha.ts';

/**
 * READY on more than n/2 ECHOs, not (n + f)/2: liars that equivocate split the correct members' READYs. The two quorums
 * are the same at 2, 3, 4 and 6 members; at 5, with one liar, both halves deliver.
 */
export const brachaBrokenQuorum: BrachaProtocol = createBracha('bracha-broken-quorum', { echoesOfHalf: true });

/** No READY on f + 1 READYs: a member that a liar starves of votes waits for ever (totality). */
export const brachaNoAmplification: BrachaProtocol = createBracha('bracha-no-amplification', { noAmplification: true });

/** Instances go by their value alone: a second broadcast of an equal payload is swallowed (validity). */
export const brachaKeyedByValue: BrachaProtocol = createBracha('bracha-keyed-by-value', { keyedByValue: true });

/** Each READY beyond 2f + 1 delivers once more (no duplication). */
export const brachaDeliversTwice: BrachaProtocol = createBracha('bracha-delivers-twice', { deliversAgain: true });

/** A vote that comes again is counted again: one liar that votes often enough is a quorum (consistency, integrity). */
export const brachaCountsVotesTwice: BrachaProtocol = createBracha('bracha-counts-votes-twice', { countsAgain: true });

/** READY on f READYs, one too few: liars alone make all correct members vote (consistency, integrity). */
export const brachaAmplifiesEarly: BrachaProtocol = createBracha('bracha-amplifies-early', { amplifiesEarly: true });
