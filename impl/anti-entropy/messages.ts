/** What anti-entropy members tell each other, its limits, and the check of what arrives. */
import { isNode } from '../primitives/digest.ts';
import { isVersion } from '../primitives/hybrid-clock.ts';
import { areItems, type Items, isKey } from '../primitives/map-entry.ts';
import { isWhole } from '../primitives/message-shape.ts';

/** Items in a message that came over a stream. */
const ITEMS_LIMIT = 200_000;

/**
 * Which way entries may flow as a result of a message, seen from its sender: 1 towards the sender, 2 towards the
 * receiver, 3 both. An initiator that pushes says 2, one that pulls says 1.
 */
export type Flow = 1 | 2 | 3;

/** The same flow, seen from the other side. */
export function turned(flow: Flow): Flow {
  return flow === 3 ? 3 : flow === 1 ? 2 : 1;
}

export type Message =
  /** The sender's hashes of nodes of the tree: node, high, low, node, high, low, ... */
  | { readonly type: 'probe'; readonly flow: Flow; readonly nodes: readonly number[] }
  /** All keys the sender has below these nodes, with their versions: key, version, key, version, ... */
  | {
      readonly type: 'digest';
      readonly flow: Flow;
      readonly nodes: readonly number[];
      readonly items: readonly string[];
    }
  /** Asks for these keys. */
  | { readonly type: 'want'; readonly keys: readonly string[] }
  /** Entries: key, version, value, ...; a value of null is a tombstone. */
  | { readonly type: 'entries'; readonly items: Items };

/** Undefined for what is no message of this protocol. */
export function decodeMessage(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const { type, flow, nodes, items, keys } = raw as Record<string, unknown>;
  if (type === 'probe') {
    return isFlow(flow) && isList(nodes) && areHashes(nodes) ? { type, flow, nodes: nodes as number[] } : undefined;
  }
  if (type === 'digest') {
    if (!isFlow(flow) || !isList(nodes) || !nodes.every(isNode) || !isList(items) || !areVersions(items)) {
      return undefined;
    }
    return { type, flow, nodes: nodes as number[], items: items as string[] };
  }
  if (type === 'want') return isList(keys) && keys.every(isKey) ? { type, keys: keys as string[] } : undefined;
  return type === 'entries' && areItems(items, ITEMS_LIMIT / 3) ? { type, items } : undefined;
}

function isFlow(flow: unknown): flow is Flow {
  return flow === 1 || flow === 2 || flow === 3;
}

function isList(list: unknown): list is unknown[] {
  return Array.isArray(list) && list.length <= ITEMS_LIMIT;
}

function areHashes(nodes: readonly unknown[]): boolean {
  if (nodes.length === 0 || nodes.length % 3 !== 0) return false;
  return nodes.every((item, index) => (index % 3 === 0 ? isNode(item) : isWhole(item, 0, 0xffffffff)));
}

function areVersions(items: readonly unknown[]): boolean {
  if (items.length % 2 !== 0) return false;
  return items.every((item, index) => (index % 2 === 0 ? isKey(item) : typeof item === 'string' && isVersion(item)));
}
