/** What aggregating members tell each other, and the check of what arrives. */
import { isAmount, isPackedMass, type PackedMass } from './mass.ts';

/** Every message says which epoch its sender is in and how long that has been going on, so that all keep in step. */
interface Dated {
  readonly epoch: number;
  readonly ageMs: number;
}

interface Numbered extends Dated {
  /** Together with the initiator's life and the epoch it names an exchange; grows with each that the initiator starts. */
  readonly exchange: number;
  readonly max: number;
  readonly min: number;
}

export type Message =
  /** Only the epoch. */
  | (Dated & { readonly type: 'epoch' })
  /** Push-sum: asks for a `here`, which only who takes part in the epoch gives. */
  | (Dated & { readonly type: 'call' })
  | (Dated & { readonly type: 'here' })
  /** Push-pull: what the initiator holds. */
  | (Numbered & { readonly type: 'offer'; readonly mass: PackedMass })
  /** What the initiator has to add; the responder has taken it off its own. */
  | (Numbered & { readonly type: 'answer'; readonly mass: PackedMass })
  /** Push-sum: what the initiator has taken off its own and the responder has to add. */
  | (Numbered & { readonly type: 'push'; readonly mass: PackedMass })
  /** Push-sum: the responder has added it. */
  | (Numbered & { readonly type: 'taken' });

/** Undefined for what is no message of this protocol. */
export function decodeMessage(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const { type, epoch, ageMs, exchange, max, min, mass } = raw as Record<string, unknown>;
  if (!isCount(epoch) || typeof ageMs !== 'number' || !(ageMs >= 0 && ageMs <= 1e12)) return undefined;
  if (type === 'epoch' || type === 'call' || type === 'here') return { type, epoch, ageMs };
  if (!isCount(exchange) || !isAmount(max) || !isAmount(min)) return undefined;
  if (type === 'taken') return { type, epoch, ageMs, exchange, max, min };
  if (type !== 'offer' && type !== 'answer' && type !== 'push') return undefined;
  return isPackedMass(mass) ? { type, epoch, ageMs, exchange, max, min, mass } : undefined;
}

function isCount(raw: unknown): raw is number {
  return typeof raw === 'number' && Number.isInteger(raw) && raw >= 0 && raw < 2 ** 40;
}
