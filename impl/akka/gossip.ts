/**
 * The state that Akka's members gossip (Gossip.scala, Reachability.scala, MembershipState.scala), as plain data that is
 * never changed, and what follows from it: convergence, leader, who is unreachable. Pure.
 */
import {
  compareClocks,
  EMPTY_CLOCK,
  incrementClock,
  mergeClocks,
  pruneClock,
  type VectorClock,
} from '../primitives/vector-clock.ts';
import type { LifecycleStatus } from '../protocol.ts';

export const JOINING = 0;
export const WEAKLY_UP = 1;
export const UP = 2;
export const LEAVING = 3;
export const EXITING = 4;
export const DOWN = 5;
export const REMOVED = 6;
/** Its order is also its priority where two states disagree (Member.highestPriorityOf). REMOVED is never gossiped. */
export type StatusCode = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export const STATUS_NAMES: readonly LifecycleStatus[] = [
  'joining',
  'weakly-up',
  'up',
  'leaving',
  'exiting',
  'down',
  'removed',
];

/** Transitions that may be made (Member.allowedTransitions). */
export const TRANSITIONS: readonly (readonly StatusCode[])[] = [
  [WEAKLY_UP, UP, LEAVING, DOWN, REMOVED],
  [UP, LEAVING, DOWN, REMOVED],
  [LEAVING, DOWN, REMOVED],
  [EXITING, DOWN, REMOVED],
  [REMOVED, DOWN],
  [REMOVED],
  [],
];

/** `id` is Akka's unique address: `name/life.uid`. */
export type MemberEntry = readonly [id: string, status: StatusCode];

/** Whom `observer` holds unreachable; its row with the highest version counts. */
export type Row = readonly [observer: string, version: number, subjects: readonly string[]];

export interface Gossip {
  /** Members, sorted by id. */
  readonly m: readonly MemberEntry[];
  /** Who has seen this very state, sorted. */
  readonly s: readonly string[];
  /** Reachability, sorted by observer; an observer without a row has never held anybody unreachable. */
  readonly r: readonly Row[];
  readonly c: VectorClock;
  /** Members that were removed: no late state brings them back. Sorted. */
  readonly t: readonly string[];
}

export function nameOf(id: string): string {
  return id.slice(0, id.lastIndexOf('/'));
}

export interface Identity {
  readonly name: string;
  readonly life: number;
  readonly uid: number;
}

export function parseId(id: string): Identity {
  const slash = id.lastIndexOf('/');
  const dot = id.indexOf('.', slash);
  return { name: id.slice(0, slash), life: Number(id.slice(slash + 1, dot)), uid: Number(id.slice(dot + 1)) };
}

export function idOf({ name, life, uid }: Identity): string {
  return `${name}/${life}.${uid}`;
}

/** A cluster of one, which has just joined itself. */
export function foundingGossip(self: string): Gossip {
  return changed({ m: [[self, JOINING]], s: [], r: [], c: EMPTY_CLOCK, t: [] }, self);
}

/** After `self` has changed the state: its clock ticks, and nobody else has seen it yet. */
export function changed(gossip: Gossip, self: string): Gossip {
  return { ...gossip, c: incrementClock(gossip.c, self), s: [self] };
}

export function statusOf(gossip: Gossip, id: string): StatusCode | undefined {
  return gossip.m.find(([member]) => member === id)?.[1];
}

export function idsOf(gossip: Gossip): string[] {
  return gossip.m.map(([id]) => id);
}

export function withStatus(gossip: Gossip, id: string, status: StatusCode): Gossip {
  const others = gossip.m.filter(([member]) => member !== id);
  return { ...gossip, m: [...others, [id, status] as const].sort(byId) };
}

function byId(a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

export function withSeen(gossip: Gossip, id: string): Gossip {
  return gossip.s.includes(id) ? gossip : { ...gossip, s: [...gossip.s, id].sort() };
}

/** The same state as two members have seen it. */
export function mergeSeen(a: Gossip, b: Gossip): Gossip {
  return { ...a, s: [...new Set([...a.s, ...b.s])].sort() };
}

/** `observer` now holds exactly these unreachable. */
export function withRow(gossip: Gossip, observer: string, subjects: readonly string[]): Gossip {
  const before = gossip.r.find(([name]) => name === observer);
  const row: Row = [observer, (before?.[1] ?? 0) + 1, [...subjects].sort()];
  return { ...gossip, r: [...gossip.r.filter(([name]) => name !== observer), row].sort(byId) };
}

/** Takes members out for good, their clock entries and observations with them (Gossip.remove, prune). */
export function withoutMembers(gossip: Gossip, gone: readonly string[]): Gossip {
  if (gone.length === 0) return gossip;
  const away = new Set(gone);
  const rows = gossip.r
    .filter(([observer]) => !away.has(observer))
    .map(([observer, version, subjects]): Row => [observer, version, subjects.filter((id) => !away.has(id))]);
  return {
    m: gossip.m.filter(([id]) => !away.has(id)),
    s: gossip.s.filter((id) => !away.has(id)),
    r: rows,
    c: gone.reduce(pruneClock, gossip.c),
    t: [...new Set([...gossip.t, ...gone])].sort(),
  };
}

/** Of several incarnations of a name the latest counts: whether a later one than `id` is among `ids`. */
export function hasLater(ids: Iterable<string>, id: string): boolean {
  const { name, life, uid } = parseId(id);
  for (const other of ids) {
    if (other === id || nameOf(other) !== name) continue;
    const held = parseId(other);
    if (held.life > life || (held.life === life && held.uid > uid)) return true;
  }
  return false;
}

/** A later incarnation proves the end of each earlier one, which is down then (own: two states may know one each). */
function withFormerDown(members: readonly MemberEntry[], gone: readonly string[]): readonly MemberEntry[] {
  const names = new Set<string>();
  let isDouble = false;
  for (const [id] of members) {
    const name = nameOf(id);
    if (names.has(name)) isDouble = true;
    names.add(name);
  }
  if (!isDouble && !gone.some((id) => names.has(nameOf(id)))) return members;
  const known = [...members.map(([id]) => id), ...gone];
  return members.map((entry): MemberEntry => (hasLater(known, entry[0]) ? [entry[0], DOWN] : entry));
}

/**
 * Two states that were changed independently of each other: the higher status of each member, the later row of each
 * observer; removed is whoever one of them removed. Nobody has seen the outcome yet.
 */
export function mergeGossip(a: Gossip, b: Gossip): Gossip {
  const gone = [...new Set([...a.t, ...b.t])].sort();
  const left = withoutMembers(a, gone);
  const right = withoutMembers(b, gone);
  const members = new Map(left.m);
  for (const [id, status] of right.m) members.set(id, Math.max(status, members.get(id) ?? 0) as StatusCode);
  const rows = new Map(left.r.map((row) => [row[0], row]));
  for (const row of right.r) if (row[1] > (rows.get(row[0])?.[1] ?? 0)) rows.set(row[0], row);
  return {
    m: withFormerDown([...members].sort(byId), gone),
    s: [],
    r: [...rows.values()].filter(([observer]) => members.has(observer)).sort(byId),
    c: mergeClocks(left.c, right.c),
    t: gone,
  };
}

/** How the first state's clock stands to the second's, entries of members that either has removed left out of both. */
export function compareGossip(a: Gossip, b: Gossip): ReturnType<typeof compareClocks> {
  const gone = new Set([...a.t, ...b.t]);
  const pruned = (clock: VectorClock): VectorClock =>
    gone.size === 0 ? clock : clock.filter(([node]) => !gone.has(node));
  const relation = compareClocks(pruned(a.c), pruned(b.c));
  if (relation !== 'same' || a.t.length === b.t.length) return relation;
  // The clock entry of a removal may have gone with a later removal; the removals themselves are what counts then.
  return a.t.every((id) => b.t.includes(id)) ? 'before' : b.t.every((id) => a.t.includes(id)) ? 'after' : 'concurrent';
}

/**
 * Whether `older` has members of which `newer` never heard, though its clock says that it has seen all of `older`: those
 * were let in by one whose entry went from the clock with its removal (own; in Akka they are lost).
 */
export function hasUnknownTo(older: Gossip, newer: Gossip): boolean {
  if (older.m === newer.m || newer.t.length === 0) return false;
  const known = new Set([...idsOf(newer), ...newer.t]);
  return older.m.some(([id]) => !known.has(id));
}

/** Held unreachable by anybody whose word counts: not by those that are down. */
export function unreachableIn(gossip: Gossip): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [observer, , subjects] of gossip.r) {
    if (subjects.length === 0 || statusOf(gossip, observer) === DOWN) continue;
    for (const subject of subjects) found.add(subject);
  }
  return found;
}

export function rowOf(gossip: Gossip, observer: string): readonly string[] {
  return gossip.r.find(([name]) => name === observer)?.[2] ?? [];
}

/** Every up or leaving member has seen the state, and none is unreachable that is not down or exiting. */
export function isConverged(gossip: Gossip, self: string, unreachable: ReadonlySet<string>): boolean {
  const seen = new Set(gossip.s);
  return gossip.m.every(([id, status]) => {
    if ((status === UP || status === LEAVING) && !seen.has(id)) return false;
    return !unreachable.has(id) || id === self || status === DOWN || status === EXITING;
  });
}

/**
 * The first address among the reachable that are up or leaving; where there is none of them, among the weakly up, then
 * the joining.
 */
export function leaderOf(gossip: Gossip, self: string, unreachable: ReadonlySet<string>): string | undefined {
  const eligible = gossip.m.filter(([id]) => id === self || !unreachable.has(id));
  for (const wanted of [[UP, LEAVING], [WEAKLY_UP], [JOINING]]) {
    const found = eligible.find(([, status]) => wanted.includes(status));
    if (found !== undefined) return found[0];
  }
  return undefined;
}
