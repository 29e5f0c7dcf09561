/**
 * The comparison of two maps, without a word about time or networks: what one side answers to a message of the other.
 * Hashes of a tree find the keys that differ; then the sides list those keys' versions, and then entries flow. No side
 * remembers anything between messages, so a lost one costs the exchange and nothing else.
 */
import { groupsThatFit } from '../primitives/datagram-groups.ts';
import { childrenOf, isLeaf, ROOT } from '../primitives/digest.ts';
import { entryBytes, itemsOf } from '../primitives/map-entry.ts';
import { packedTextBytes } from '../primitives/text-size.ts';
import type { Entry, VersionedMap } from '../primitives/versioned-map.ts';
import { type Flow, type Message, turned } from './messages.ts';

/** Encoded bytes of a message's lists, such that the whole stays within 1,200 bytes. */
const DATAGRAM_BYTES = 1150;
/** The same for one message over a stream. */
const STREAM_BYTES = 60_000;
/** An answer of more datagrams than this goes over a stream. */
const DATAGRAMS_AT_ONCE = 8;
/** Up to this many keys below a node are listed at once instead of being searched further. */
const LISTED_KEYS = 24;
/** A node and its two halves of a hash, encoded. */
const PROBED_NODE_BYTES = 13;

export interface Reply {
  readonly message: Message;
  /** Too large, or one of too many, for a datagram. */
  readonly stream: boolean;
}

/** How an exchange starts: equal maps end it here, at the cost of one small message. */
export function opening(map: VersionedMap, flow: Flow): Message {
  return { type: 'probe', flow, nodes: [ROOT, map.tree.high(ROOT), map.tree.low(ROOT)] };
}

/** Lists the map's differing parts, or probes deeper. */
export function answerProbe(map: VersionedMap, message: Message & { type: 'probe' }): Reply[] {
  const { tree } = map;
  const flow = turned(message.flow);
  const deeper: number[][] = [];
  const listed: number[] = [];
  const given: Entry[] = [];
  for (let i = 0; i < message.nodes.length; i += 3) {
    const node = message.nodes[i] ?? 0;
    const high = message.nodes[i + 1];
    const low = message.nodes[i + 2];
    if (tree.high(node) === high && tree.low(node) === low) continue;
    if (high === 0 && low === 0) {
      // The sender has nothing there: all it can do is take.
      if (message.flow !== 2) for (const entry of map.below(node)) given.push(entry);
    } else if (isLeaf(node) || tree.count(node) <= LISTED_KEYS) listed.push(node);
    else for (const child of childrenOf(node)) deeper.push([child, tree.high(child), tree.low(child)]);
  }
  return [
    ...packed(
      deeper,
      () => PROBED_NODE_BYTES,
      (parts) => ({ type: 'probe', flow, nodes: parts.flat() }),
    ),
    ...digests(map, flow, listed),
    ...entryMessages(given),
  ];
}

/** One digest says everything its sender has below its nodes; so a node is never split over two of them. */
function digests(map: VersionedMap, flow: Flow, nodes: readonly number[]): Reply[] {
  const parts = nodes.map((node) => {
    const items: string[] = [];
    let bytes = 3;
    for (const entry of map.below(node)) {
      items.push(entry.key, entry.version);
      bytes += packedTextBytes(entry.key) + packedTextBytes(entry.version);
    }
    return { node, items, bytes };
  });
  return packed(
    parts,
    (part) => part.bytes,
    (taken) => ({
      type: 'digest',
      flow,
      nodes: taken.map((part) => part.node),
      items: taken.flatMap((part) => part.items),
    }),
  );
}

/** Gives what the sender lacks and asks for what it has newer, each where the flow allows it. */
export function answerDigest(map: VersionedMap, message: Message & { type: 'digest' }): Reply[] {
  const theirs = new Map<string, string>();
  for (let i = 0; i + 1 < message.items.length; i += 2) theirs.set(message.items[i] ?? '', message.items[i + 1] ?? '');
  const out: Reply[] = [];
  if (message.flow !== 2) {
    const newer: Entry[] = [];
    for (const node of message.nodes) {
      for (const entry of map.below(node)) {
        const version = theirs.get(entry.key);
        if (version === undefined || version < entry.version) newer.push(entry);
      }
    }
    out.push(...entryMessages(newer));
  }
  if (message.flow !== 1) {
    const wanted: string[] = [];
    for (const [key, version] of theirs) {
      const held = map.get(key);
      if (held === undefined || held.version < version) wanted.push(key);
    }
    out.push(...packed(wanted, packedTextBytes, (keys) => ({ type: 'want', keys })));
  }
  return out;
}

export function answerWant(map: VersionedMap, message: Message & { type: 'want' }): Reply[] {
  const found: Entry[] = [];
  for (const key of new Set(message.keys)) {
    const entry = map.get(key);
    if (entry !== undefined) found.push(entry);
  }
  return entryMessages(found);
}

function entryMessages(entries: readonly Entry[]): Reply[] {
  return packed(entries, entryBytes, (taken) => ({ type: 'entries', items: itemsOf(taken) }));
}

/** Parts into as few messages as hold them; over a stream where they are too many or one is too large. */
function packed<T>(parts: readonly T[], bytesOf: (part: T) => number, wrap: (parts: T[]) => Message): Reply[] {
  const datagrams = groupsThatFit(parts, bytesOf, DATAGRAM_BYTES);
  const fits = (group: readonly T[]) => group.length > 1 || group.every((part) => bytesOf(part) <= DATAGRAM_BYTES);
  if (datagrams.length <= DATAGRAMS_AT_ONCE && datagrams.every(fits)) {
    return datagrams.map((group) => ({ message: wrap(group), stream: false }));
  }
  return groupsThatFit(parts, bytesOf, STREAM_BYTES).map((group) => ({ message: wrap(group), stream: true }));
}
