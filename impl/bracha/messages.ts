/** What members of a reliable broadcast say to each other, and the check of what arrives. */
import { messageBytes } from '../wire/data.ts';

/** Steps of an instance: the origin's SEND, then ECHO and READY of everybody. */
export const SEND = 0;
export const ECHO = 1;
export const READY = 2;
export type Phase = typeof SEND | typeof ECHO | typeof READY;

/**
 * [phase, origin, life, sequence, value]: a vote of whoever sends it, for `value` in instance `sequence` of this life
 * of the origin, which goes by its index in the roster. The value itself travels, not a digest: nothing to collide, and
 * a member that saw nothing but READYs can deliver.
 */
export type Vote = readonly [phase: Phase, origin: number, life: number, sequence: number, value: string];

/** [phase, origin, life, sequence]: that vote of yours has arrived and is durable here. */
export type Ack = readonly [phase: Phase, origin: number, life: number, sequence: number];

export interface BrachaMessage {
  readonly votes: readonly Vote[];
  readonly acks: readonly Ack[];
  /** The life of the receiver whose votes `acks` answer. */
  readonly ackedLife: number;
}

/** Of a value, as encoded. */
export const MAX_VALUE_BYTES = 512;
/** Of the votes and acks in one message, as encoded: leaves room for frame and tag in any datagram. */
export const MAX_BATCH_BYTES = 1200;

/** Why a value cannot be broadcast; undefined when it can. */
export function refuseValue(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'a broadcast takes a string';
  if (value.length > MAX_VALUE_BYTES || messageBytes(value) > MAX_VALUE_BYTES)
    return `a broadcast takes at most ${MAX_VALUE_BYTES} bytes`;
  // A lone surrogate has no UTF-8 form: it would not arrive as it was sent.
  return /\p{Surrogate}/u.test(value) ? 'a broadcast takes well-formed text' : undefined;
}

function isPositive(value: unknown, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max;
}

function isAck(raw: unknown, length: number): boolean {
  if (!Array.isArray(raw) || raw.length !== length) return false;
  const [phase, origin, life, sequence] = raw as unknown[];
  if (phase !== SEND && phase !== ECHO && phase !== READY) return false;
  if (origin !== 0 && !isPositive(origin, 0xffff)) return false;
  return isPositive(life, 0xffffffff) && isPositive(sequence, Number.MAX_SAFE_INTEGER);
}

/** The message, or undefined for what is none. Whether an origin is in the roster is for the receiver to see. */
export function decodeMessage(raw: unknown): BrachaMessage | undefined {
  if (typeof raw !== 'object' || raw === null || Object.keys(raw).length !== 3) return undefined;
  const { votes, acks, ackedLife } = raw as Record<string, unknown>;
  if (!Array.isArray(votes) || !Array.isArray(acks)) return undefined;
  if (ackedLife !== 0 && !isPositive(ackedLife, 0xffffffff)) return undefined;
  if (!acks.every((ack) => isAck(ack, 4))) return undefined;
  if (!votes.every((vote) => isAck(vote, 5) && refuseValue(vote[4]) === undefined)) return undefined;
  return raw as BrachaMessage;
}

/** The earliest step among its votes; `ack` where there is none. */
export function kindOfMessage(message: BrachaMessage): string {
  let first = 3;
  for (const vote of message.votes) first = Math.min(first, vote[0]);
  return ['send', 'echo', 'ready', 'ack'][first] ?? 'ack';
}
