/** Test support: Consul's protocol with one flaw each, for checkers to convict. Imported by tests only. */
import { type ConsulProtocol, createConsul } from './consul.ts';

/** Lets everything stand that is said against it: refutation must catch it. */
export const consulNeverRefutes: ConsulProtocol = createConsul({ neverRefutes: true });
/** Confirmations put a death off instead of hastening it, for ever while they come: detection must catch it. */
export const consulConfirmationsRestart: ConsulProtocol = createConsul({ confirmationsRestart: true });
/** Never contacts the dead: after a partition that killed both sides in each other's eyes, convergence must catch it. */
export const consulForgetsDead: ConsulProtocol = createConsul({ forgetsDead: true });
