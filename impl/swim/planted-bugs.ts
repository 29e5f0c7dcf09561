/** Test support: SWIM with one flaw each, for checkers to convict. Imported by tests only. */
import { createSwim, type SwimProtocol } from './swim.ts';

/** Lets everything stand that is said against it: refutation must catch it. */
export const swimNeverRefutes: SwimProtocol = createSwim({ neverRefutes: true });
/** Raises the incarnation of others: refutation (only the member itself raises its own) must catch it. */
export const swimInflatesOthers: SwimProtocol = createSwim({ inflatesOthers: true });
/** Never declares anybody dead: detection must catch it. */
export const swimNeverDetects: SwimProtocol = createSwim({ neverDetects: true });
/** Declares a suspect dead when its time is over although it has refuted meanwhile: refutation must catch it. */
export const swimActsOnStaleTimers: SwimProtocol = createSwim({ actsOnStaleTimers: true });
/** Never contacts the dead: after a partition that killed both sides in each other's eyes, convergence must catch it. */
export const swimForgetsDead: SwimProtocol = createSwim({ forgetsDead: true });
/** Signed mode: takes every signature for good, so that a liar raises the incarnations of others: refutation. */
export const swimTrustsSignatures: SwimProtocol = createSwim({ trustsSignatures: true });
/** Signed mode: believes accusations at incarnations that the accused never signed: refutation. */
export const swimBelievesAccusers: SwimProtocol = createSwim({ believesAccusers: true });
