/** What members of a consensus gossip to each other, and the check of what arrives. */
import { groupsThatFit } from '../primitives/datagram-groups.ts';
import { isWhole } from '../primitives/message-shape.ts';
import { messageBytes } from '../wire/data.ts';
import type { Ballot } from './ballot.ts';

export const BALLOT = 0;
export const VOTE = 1;
export const DECIDED = 2;

/** The highest ballot the sender knows; `candidate` as its proposer would have it, `proposal` once a quorum promised. */
export type BallotItem = readonly [
  kind: typeof BALLOT,
  instance: number,
  ballot: Ballot,
  candidate: string,
  proposal: string | null,
];
/** The latest state that the sender knows of a voter, which goes by its index in the roster. */
export type VoteItem = readonly [
  kind: typeof VOTE,
  instance: number,
  voter: number,
  promised: Ballot,
  accepted: Ballot | null,
  value: string | null,
];
export type DecidedItem = readonly [kind: typeof DECIDED, instance: number, value: string];
export type Item = BallotItem | VoteItem | DecidedItem;

/** The instances from `since` to `until` that the sender has decided, as inclusive ranges: from, to, from, to, ... */
export interface Digest {
  readonly since: number;
  readonly until: number;
  readonly ranges: readonly number[];
}

export interface ConsensusMessage {
  readonly items: readonly Item[];
  /** What the receiver may send back whatever is missing from; null: asks for nothing. */
  readonly digest: Digest | null;
}

/** Of a value, as encoded. */
export const MAX_VALUE_BYTES = 128;
/** Instances are numbered from 1 to this. */
export const MAX_INSTANCE = 0x7fffffff;
/** Ranges in one digest. */
export const MAX_RANGES = 40;
/** Of the items in one message, as encoded: with a digest at its largest it still fits into any datagram. */
export const MAX_BATCH_BYTES = 750;

/** Why a value cannot be proposed; undefined when it can. */
export function refuseValue(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'the value must be a string';
  if (value.length > MAX_VALUE_BYTES || messageBytes(value) > MAX_VALUE_BYTES)
    return `a value takes at most ${MAX_VALUE_BYTES} bytes`;
  // A lone surrogate has no UTF-8 form: it would not arrive as it was sent.
  return /\p{Surrogate}/u.test(value) ? 'the value must be well-formed text' : undefined;
}

export function isInstance(value: unknown): value is number {
  return isWhole(value, 1, MAX_INSTANCE);
}

/** A client's proposal, its shape checked, or why it is none. */
export function proposalIn(f: string, input: unknown): { readonly instance: number; readonly value: string } | string {
  const { instance, value } = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
  const refusal = f === 'propose' ? refuseValue(value) : `no operation ${f}`;
  if (refusal !== undefined) return refusal;
  if (!isInstance(instance)) return 'instances are numbered from 1';
  return typeof value === 'string' ? { instance, value } : 'no text';
}

function isText(value: unknown): value is string {
  return refuseValue(value) === undefined;
}

function isBallot(raw: unknown): raw is Ballot {
  if (!Array.isArray(raw) || raw.length !== 3) return false;
  // Far below the largest safe integer, so that a round can always be raised.
  return isWhole(raw[0], 1, 0xffffffff) && isWhole(raw[1], 0, 0xffff) && isWhole(raw[2], 1, 0xffffffff);
}

function notAbove(a: Ballot, b: Ballot): boolean {
  return (a[0] - b[0] || a[1] - b[1] || a[2] - b[2]) <= 0;
}

function isItem(raw: unknown): raw is Item {
  if (!Array.isArray(raw) || !isInstance(raw[1])) return false;
  const [kind, , third, fourth, fifth, sixth] = raw as unknown[];
  if (kind === DECIDED) return raw.length === 3 && isText(third);
  if (kind === BALLOT) {
    return raw.length === 5 && isBallot(third) && isText(fourth) && (fifth === null || isText(fifth));
  }
  if (kind !== VOTE || raw.length !== 6 || !isWhole(third, 0, 0xffff) || !isBallot(fourth)) return false;
  if (fifth === null) return sixth === null;
  return isBallot(fifth) && notAbove(fifth, fourth) && isText(sixth);
}

function isDigest(raw: unknown): raw is Digest {
  if (typeof raw !== 'object' || raw === null || Object.keys(raw).length !== 3) return false;
  const { since, until, ranges } = raw as Record<string, unknown>;
  if (!isInstance(since) || !isInstance(until) || !Array.isArray(ranges)) return false;
  if (since > until || ranges.length % 2 !== 0 || ranges.length > 2 * MAX_RANGES) return false;
  let least = since;
  for (let i = 0; i < ranges.length; i += 2) {
    const from: unknown = ranges[i];
    const to: unknown = ranges[i + 1];
    if (!isWhole(from, least, until) || !isWhole(to, from, until)) return false;
    least = to + 2;
  }
  return true;
}

/** The message, or undefined for what is none. Whether a voter is in the roster is for the receiver to see. */
export function decodeMessage(raw: unknown): ConsensusMessage | undefined {
  if (typeof raw !== 'object' || raw === null || Object.keys(raw).length !== 2) return undefined;
  const { items, digest } = raw as Record<string, unknown>;
  if (!Array.isArray(items) || !items.every(isItem)) return undefined;
  if (digest !== null && !isDigest(digest)) return undefined;
  return raw as ConsensusMessage;
}

export function kindOfMessage(message: ConsensusMessage): string {
  if (message.items.length === 0) return 'digest';
  return message.items.some((item) => item[0] !== DECIDED) ? 'state' : 'decided';
}

/** With its length as encoded, so that what goes out in many rounds is sized once. */
export interface SizedItem {
  readonly item: Item;
  readonly bytes: number;
}

export function sized(item: Item): SizedItem {
  return { item, bytes: messageBytes(item) };
}

/** Splits items into batches that each fit into a datagram; at least one batch, perhaps empty. */
export function batchesOf(items: readonly SizedItem[]): Item[][] {
  const batches = groupsThatFit(items, ({ bytes }) => bytes, MAX_BATCH_BYTES);
  return batches.length === 0 ? [[]] : batches.map((batch) => batch.map(({ item }) => item));
}
