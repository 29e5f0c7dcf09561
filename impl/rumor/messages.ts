/** What rumour mongers tell each other, its limits, and the check of what arrives. */
import { isWellFormed, utf8Bytes } from '../primitives/text-size.ts';

/** Bytes of a broadcast's text, in UTF-8: a rumour always fits into a datagram. */
export const VALUE_LIMIT_BYTES = 512;
/** Encoded bytes of a message's rumours, such that the whole stays within 1,200 bytes. */
export const DATAGRAM_BYTES = 1120;
const NAME_LIMIT = 64;
const RUMORS_LIMIT = 200;

/** Origin, its life, its sequence number, text; where rumours are signed, the origin's signature of all four. */
export type Rumor =
  | readonly [origin: string, life: number, sequence: number, value: string]
  | readonly [origin: string, life: number, sequence: number, value: string, signature: string];

/** A signature is 86 characters, with its header 88 bytes. */
const SIGNATURE_BYTES = 88;

/** What the origin signs. */
export function signedText(origin: string, life: number, sequence: number, value: string): string {
  return JSON.stringify(['rumor', origin, life, sequence, value]);
}

export type Message =
  /** Hot rumours. `contact` names this message in feedback to it. `pull`: answer with yours. */
  | {
      readonly type: 'push';
      readonly contact: number;
      readonly feedback: boolean;
      readonly pull: boolean;
      readonly rumors: readonly Rumor[];
    }
  /** Asks for hot rumours. */
  | { readonly type: 'pull' }
  /** Hot rumours for one who pulled. */
  | {
      readonly type: 'answer';
      readonly contact: number;
      readonly feedback: boolean;
      readonly rumors: readonly Rumor[];
    }
  /** For each rumour of that contact in order: `1` was known already, `0` was not. */
  | { readonly type: 'feedback'; readonly contact: number; readonly known: string };

/** Upper bound of a rumour's encoded size. */
export function rumorBytes(rumor: Rumor): number {
  return entryBytes(utf8Bytes(rumor[0]), utf8Bytes(rumor[3]), rumor[4] !== undefined);
}

/** The same from the sizes of its texts in UTF-8: three bytes of header each. */
export function entryBytes(originBytes: number, valueBytes: number, signed: boolean): number {
  return 1 + (originBytes + 3) + 5 + 9 + (valueBytes + 3) + (signed ? SIGNATURE_BYTES : 0);
}

export function isBroadcastValue(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > VALUE_LIMIT_BYTES) return false;
  return utf8Bytes(value) <= VALUE_LIMIT_BYTES && isWellFormed(value);
}

/** Undefined for what is no message of this protocol. */
export function decodeMessage(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const { type, contact, feedback, pull, rumors, known } = raw as Record<string, unknown>;
  if (type === 'pull') return { type };
  if (!isCount(contact, 0)) return undefined;
  if (type === 'feedback') {
    return typeof known === 'string' && /^[01]{1,200}$/.test(known) ? { type, contact, known } : undefined;
  }
  if (typeof feedback !== 'boolean' || !areRumors(rumors)) return undefined;
  if (type === 'push') return typeof pull === 'boolean' ? { type, contact, feedback, pull, rumors } : undefined;
  return type === 'answer' ? { type, contact, feedback, rumors } : undefined;
}

export function isRumor(item: unknown): item is Rumor {
  if (!Array.isArray(item) || item.length < 4 || item.length > 5) return false;
  const [origin, life, sequence, value, signature] = item as unknown[];
  // What is cut short fails when it is checked.
  if (item.length === 5 && (typeof signature !== 'string' || !/^[\w-]{0,86}$/.test(signature))) return false;
  if (typeof origin !== 'string' || origin.length === 0 || origin.length > NAME_LIMIT || !isWellFormed(origin))
    return false;
  return isCount(life, 1) && isCount(sequence, 1) && isBroadcastValue(value);
}

function areRumors(rumors: unknown): rumors is Rumor[] {
  return Array.isArray(rumors) && rumors.length > 0 && rumors.length <= RUMORS_LIMIT && rumors.every(isRumor);
}

function isCount(value: unknown, min: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value < 4294967296;
}
