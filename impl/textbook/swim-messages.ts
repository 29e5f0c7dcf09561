/** What members of the textbook's SWIM say to each other, and the check of what arrives. */
import { isName, isNumber, isUpdateList } from '../primitives/membership-claims.ts';
import type { Update } from '../primitives/membership-order.ts';

interface Common {
  /** The sender's own incarnation. */
  readonly i: number;
  /** Piggybacked updates, or all that is known. */
  readonly u: readonly Update[];
}

export type Message =
  | (Common & { readonly k: 'ping' | 'ack'; readonly s: number })
  /** Please ping `t`. */
  | (Common & { readonly k: 'req'; readonly s: number; readonly t: string })
  /** `t` has answered. */
  | (Common & { readonly k: 'iack'; readonly s: number; readonly t: string })
  /** A new member asks for all that is known. */
  | (Common & { readonly k: 'join' })
  | (Common & { readonly k: 'members' })
  | (Common & { readonly k: 'leave' });

/** Undefined for what is no message of this protocol. */
export function decode(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const { k, i, u, s, t } = raw as Record<string, unknown>;
  if (!isNumber(i) || !isUpdateList(u)) return undefined;
  if (k === 'join' || k === 'members' || k === 'leave') return { k, i, u };
  if (!isNumber(s)) return undefined;
  if (k === 'ping' || k === 'ack') return { k, i, u, s };
  return (k === 'req' || k === 'iack') && isName(t) ? { k, i, u, s, t } : undefined;
}
