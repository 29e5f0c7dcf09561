/**
 * Claims about members as they travel: checks on arrival, sizes, and what a life's records add up to. Shared by the
 * membership protocols of the SWIM family.
 */
import type { Data } from '../protocol.ts';
import { beats, LEFT, type Update } from './membership-order.ts';
import { isWhole } from './message-shape.ts';

/** Above what any honest run reaches; keeps sums exact and encoded numbers at five bytes. */
export const MAX_NUMBER = 2 ** 31 - 1;
const MAX_NAME_LENGTH = 64;
const MAX_UPDATES = 10_000;

/** What a datagram of these protocols is kept under, encoded; the wire adds its frame to it. */
export const MAX_MESSAGE_BYTES = 1200;
/** Everything but updates and names, rounded up. */
const HEADER_BYTES = 64;

/** Room for updates in a message that names `target` beside them, bytes. */
export function roomForUpdates(target = ''): number {
  return MAX_MESSAGE_BYTES - HEADER_BYTES - encodedNameBytes(target);
}

/** At least the size of a string as MessagePack has it, bytes. */
function encodedNameBytes(name: string): number {
  let bytes = 2;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  return bytes;
}

/** At least the size of an update as MessagePack has it, bytes. */
export function updateBytes(update: Update): number {
  const by = update[4];
  return 1 + encodedNameBytes(update[0]) + 5 + 5 + 1 + (by === undefined ? 0 : encodedNameBytes(by));
}

export function isNumber(value: unknown, max = MAX_NUMBER): value is number {
  return isWhole(value, 0, max);
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME_LENGTH;
}

export function isUpdate(value: unknown): value is Update {
  if (!Array.isArray(value) || value.length < 4 || value.length > 5) return false;
  if (value.length === 5 && !isName(value[4])) return false;
  return isName(value[0]) && isNumber(value[1]) && isNumber(value[2]) && isNumber(value[3], LEFT);
}

export function isUpdateList(value: unknown): value is readonly Update[] {
  return Array.isArray(value) && value.length <= MAX_UPDATES && value.every(isUpdate);
}

export function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** Fields of messages that the protocols of the family name alike, each with its check. */
export const FAMILY_CHECKS = {
  /** The sender's own incarnation. */
  i: isNumber,
  /** Updates, or the whole state. */
  u: isUpdateList,
  /** Names the exchange at the member that started it. */
  s: isNumber,
  /** The member that is to be pinged, or has answered; `l`: in which life, `j`: at which incarnation. */
  t: isName,
  l: isNumber,
  j: isNumber,
  /** The same is asked for in return. */
  q: isFlag,
} as const;

/**
 * What the records `{ i, u }` of a life add up to: its own highest incarnation, and the greatest claim about each member
 * for whom `isKnown` holds. Whatever else stands in the records is passed over.
 */
export function sumOfRecords(
  records: readonly Data[],
  isKnown: (name: string) => boolean,
): { readonly incarnation: number; readonly latest: ReadonlyMap<string, Update> } {
  const latest = new Map<string, Update>();
  let incarnation = 0;
  for (const record of records) {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) continue;
    const { i, u } = record as { readonly [key: string]: Data | undefined };
    if (typeof i === 'number' && Number.isInteger(i) && i > incarnation) incarnation = i;
    for (const update of Array.isArray(u) ? u : []) {
      if (!isUpdate(update) || !isKnown(update[0])) continue;
      const held = latest.get(update[0]);
      if (held === undefined || beats(update, held)) latest.set(update[0], update);
    }
  }
  return { incarnation, latest };
}
