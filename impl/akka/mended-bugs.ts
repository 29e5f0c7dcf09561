/**
 * Test support: flaws that akka once had and drawn plans found, kept to see what they broke. Too rare to be hunted anew in
 * each test run (one plan in thousands shows them); corpus/ keeps the plans. Imported by tests only.
 */
import { type AkkaProtocol, createAkka } from './akka.ts';

/** Passes over gossip from whoever is no member: groups stay apart when the one that let somebody in crashes at once. */
export const akkaIgnoresStrangers: AkkaProtocol = createAkka({ ignoresStrangers: true });
/**
 * Takes one earlier incarnation down where there are several: the others hold up convergence for good. It passes over
 * strangers too, since where they are heard the later ones are learnt of in another way.
 */
export const akkaDownsOneFormer: AkkaProtocol = createAkka({ downsOneFormer: true, ignoresStrangers: true });
