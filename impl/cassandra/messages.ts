/** Cassandra's gossip messages: shapes, checks on arrival, and sizes. Keys are one letter, since every message pays. */
import { groupsThatFit } from '../primitives/datagram-groups.ts';
import { exactMessage, isWhole } from '../primitives/message-shape.ts';
import { packedTextBytes } from '../primitives/text-size.ts';

/**
 * What a member has of an endpoint, in short: which life and generation of it, and the highest version over its
 * heartbeat and application states. Version 0 of generation 0 is nothing at all.
 */
export type Digest = readonly [name: string, life: number, generation: number, version: number];

/** One application state: key, value, and its version out of the same counter as the heartbeat's. */
export type AppState = readonly [key: string, value: string, version: number];

/** The heartbeat of an endpoint, and those of its application states that the receiver does not have. */
export type EndpointDelta = readonly [
  name: string,
  life: number,
  generation: number,
  heartbeat: number,
  states: readonly AppState[],
];

export type Message =
  /** Digests of all that the sender has; none in a shadow round. */
  | { readonly k: 'syn'; readonly d: readonly Digest[] }
  /** `w`: please send me what is newer than this. `s`: here is what is newer than yours. `b`: I am booting myself. */
  | { readonly k: 'ack'; readonly w: readonly Digest[]; readonly s: readonly EndpointDelta[]; readonly b: boolean }
  | { readonly k: 'ack2'; readonly s: readonly EndpointDelta[] }
  /** Are you there, in this generation? */
  | { readonly k: 'echo'; readonly g: number }
  | { readonly k: 'here'; readonly g: number }
  /** The sender goes for good; its own state. */
  | { readonly k: 'bye'; readonly s: readonly EndpointDelta[] };

/** Lives and versions stay below this, generations (seconds since 1970) below the other. */
export const MAX_NUMBER = 2 ** 31 - 1;
export const MAX_GENERATION = 2 ** 40;
const MAX_NAME_LENGTH = 64;
const MAX_KEY_LENGTH = 64;
export const MAX_VALUE_LENGTH = 256;
const MAX_ENDPOINTS = 10_000;
/** Application states of one endpoint. */
export const MAX_STATES = 64;

/** What a datagram of ours is kept under, encoded; what is larger goes in several, or as a stream. */
export const MAX_MESSAGE_BYTES = 1200;

function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === 'string' && value.length >= min && value.length <= max;
}

function isDigest(value: unknown): value is Digest {
  if (!Array.isArray(value) || value.length !== 4 || !isText(value[0], 1, MAX_NAME_LENGTH)) return false;
  return isWhole(value[1], 0, MAX_NUMBER) && isWhole(value[2], 0, MAX_GENERATION) && isWhole(value[3], 0, MAX_NUMBER);
}

export function isKey(value: unknown): value is string {
  return isText(value, 1, MAX_KEY_LENGTH);
}

export function isValue(value: unknown): value is string {
  return isText(value, 0, MAX_VALUE_LENGTH);
}

function isAppState(value: unknown): value is AppState {
  if (!Array.isArray(value) || value.length !== 3) return false;
  return isKey(value[0]) && isValue(value[1]) && isWhole(value[2], 0, MAX_NUMBER);
}

function isDelta(value: unknown): value is EndpointDelta {
  if (!Array.isArray(value) || value.length !== 5 || !isText(value[0], 1, MAX_NAME_LENGTH)) return false;
  if (!isWhole(value[1], 0, MAX_NUMBER) || !isWhole(value[2], 0, MAX_GENERATION)) return false;
  if (!isWhole(value[3], 0, MAX_NUMBER) || !Array.isArray(value[4])) return false;
  return value[4].length <= MAX_STATES && value[4].every(isAppState);
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= MAX_ENDPOINTS && value.every(isItem);
}

type Field = 'd' | 'w' | 's' | 'b' | 'g';

const FIELDS: Readonly<Record<Message['k'], readonly Field[]>> = {
  syn: ['d'],
  ack: ['w', 's', 'b'],
  ack2: ['s'],
  echo: ['g'],
  here: ['g'],
  bye: ['s'],
};

const CHECKS: Readonly<Record<Field, (value: unknown) => boolean>> = {
  d: (value) => isListOf(value, isDigest),
  w: (value) => isListOf(value, isDigest),
  s: (value) => isListOf(value, isDelta),
  b: (value) => typeof value === 'boolean',
  g: (value) => isWhole(value, 0, MAX_GENERATION),
};

/** The message, where it is one: exactly its fields, each in its range. Never throws. */
export function decode(raw: unknown): Message | undefined {
  return exactMessage<Message, Field>(raw, FIELDS, CHECKS);
}

const KIND_NAMES: Readonly<Record<Message['k'], string>> = {
  syn: 'syn',
  ack: 'ack',
  ack2: 'ack2',
  echo: 'echo',
  here: 'echo-reply',
  bye: 'shutdown',
};

export function kindOf(message: Message): string {
  return KIND_NAMES[message.k];
}

/** Everything in a message but its lists, rounded up. */
const HEADER_BYTES = 32;

function digestBytes(digest: Digest): number {
  return packedTextBytes(digest[0]) + 20;
}

function deltaBytes(delta: EndpointDelta): number {
  let bytes = packedTextBytes(delta[0]) + 28;
  for (const [key, value] of delta[4]) bytes += packedTextBytes(key) + packedTextBytes(value) + 6;
  return bytes;
}

/** At least the encoded size, bytes. */
export function messageBytes(message: Message): number {
  let bytes = HEADER_BYTES;
  if (message.k === 'syn') for (const digest of message.d) bytes += digestBytes(digest);
  if (message.k === 'ack') for (const digest of message.w) bytes += digestBytes(digest);
  if (message.k === 'ack' || message.k === 'ack2' || message.k === 'bye') {
    for (const delta of message.s) bytes += deltaBytes(delta);
  }
  return bytes;
}

function pieces<T>(items: readonly T[], bytesOf: (item: T) => number): T[][] {
  return groupsThatFit(items, bytesOf, MAX_MESSAGE_BYTES - HEADER_BYTES);
}

/**
 * The same in several messages that each fit into a datagram: whatever is said of one endpoint stands for itself. Only
 * an endpoint with very many application states is too large even alone.
 */
export function splitMessage(message: Message): readonly Message[] {
  if (messageBytes(message) <= MAX_MESSAGE_BYTES) return [message];
  switch (message.k) {
    case 'syn':
      return pieces(message.d, digestBytes).map((d): Message => ({ k: 'syn', d }));
    case 'ack': {
      const { k, b } = message;
      const wanted = pieces(message.w, digestBytes).map((w): Message => ({ k, w, s: [], b }));
      return [...wanted, ...pieces(message.s, deltaBytes).map((s): Message => ({ k, w: [], s, b }))];
    }
    case 'ack2':
    case 'bye': {
      const { k } = message;
      return pieces(message.s, deltaBytes).map((s): Message => ({ k, s }));
    }
    default:
      return [message];
  }
}
