/** Test support: Akka's membership with one flaw each, for checkers to convict. Imported by tests only. */
import { type AkkaProtocol, createAkka } from './akka.ts';

/** Keeps its own of two concurrent states: convergence must catch it. */
export const akkaNeverMerges: AkkaProtocol = createAkka({ neverMerges: true });
/** Once unreachable, always unreachable: reinstatement must catch it. */
export const akkaNeverReachable: AkkaProtocol = createAkka({ neverReachable: true });
/** Makes leaving members up again: membership-legality must catch it. */
export const akkaRevivesLeaving: AkkaProtocol = createAkka({ revivesLeaving: true });
/** The leader does not wait for convergence: membership-legality must catch it. */
export const akkaIgnoresConvergence: AkkaProtocol = createAkka({ ignoresConvergence: true });
