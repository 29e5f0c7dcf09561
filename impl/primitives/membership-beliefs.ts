/**
 * What a member of the SWIM family keeps of the others and of itself, and what all of the family do with it: the orders
 * in which members are gone through, news that wait for a ride, the own incarnation and refutation, what is durable.
 * Which claim is believed, and what follows from a belief, is each protocol's own.
 */
import { PeerSet } from '../member/peers.ts';
import type { Context, Data } from '../protocol.ts';
import { MAX_NUMBER, sumOfRecords } from './membership-claims.ts';
import { ALIVE, DEAD, isUp, LEFT, STATUS_NAMES, SUSPECT, type Update } from './membership-order.ts';
import type { MembershipView } from './membership-protocol.ts';
import { PiggybackQueue } from './piggyback-queue.ts';
import { Rotation } from './rotation.ts';

export interface Beliefs {
  readonly self: string;
  readonly life: number;
  readonly roster: ReadonlySet<string>;
  /** The member's own; nobody else raises it. */
  incarnation: number;
  left: boolean;
  /** What is held about every other member ever heard of. The roster bounds it, so nothing is ever forgotten. */
  readonly beliefs: Map<string, Update>;
  /** Alive or suspect. */
  readonly up: PeerSet;
  readonly probeOrder: Rotation;
  readonly deadOrder: Rotation;
  readonly queue: PiggybackQueue<Update>;
  seeds: readonly string[];
  joined: boolean;
  /** Beliefs that changed in this step, to be persisted at its end. */
  readonly changed: Set<string>;
  incarnationChanged: boolean;
  /** The whole state as a sync carries it; undefined when something changed since it was last made. */
  whole: readonly Update[] | undefined;
  /** Messages and updates that were passed over: unknown names, former lives. */
  ignored: number;
}

type Bytes = (update: Update) => number;

export function createBeliefs(ctx: Pick<Context<never>, 'self' | 'life' | 'roster' | 'random'>): Beliefs {
  return {
    self: ctx.self,
    life: ctx.life,
    roster: new Set(ctx.roster),
    incarnation: 0,
    left: false,
    beliefs: new Map(),
    up: new PeerSet(ctx.self, ctx.random),
    probeOrder: new Rotation(),
    deadOrder: new Rotation(),
    queue: new PiggybackQueue(),
    seeds: [],
    joined: false,
    changed: new Set(),
    incarnationChanged: false,
    whole: undefined,
    ignored: 0,
  };
}

/** Members known to be up, self included. */
export function knownUp(state: Beliefs): number {
  return state.up.count + 1;
}

export function ownUpdate(state: Beliefs): Update {
  return [state.self, state.life, state.incarnation, state.left ? LEFT : ALIVE];
}

/** Whether a message is heard: it comes from a member of the plan, in a life that is not known to be over. */
export function isHeard(state: Beliefs, from: string, fromLife: number): boolean {
  const held = state.beliefs.get(from);
  const former = held !== undefined && held[1] > fromLife;
  if (from !== state.self && state.roster.has(from) && !former) return true;
  state.ignored++;
  return false;
}

/** Puts a belief in place, and the member where those of its status are kept. */
export function putBelief(state: Beliefs, update: Update, ctx: Pick<Context<never>, 'random'>): void {
  const [name, , , status] = update;
  const before = state.beliefs.get(name);
  state.beliefs.set(name, update);
  state.whole = undefined;
  if (isUp(update) && !isUp(before)) {
    state.up.add(name);
    state.probeOrder.add(name, ctx.random);
  } else if (!isUp(update) && isUp(before)) {
    state.up.remove(name);
    state.probeOrder.remove(name);
  }
  if (status === DEAD && before?.[3] !== DEAD) state.deadOrder.add(name, ctx.random);
  else if (status !== DEAD && before?.[3] === DEAD) state.deadOrder.remove(name);
}

/** Says that a belief has changed: to who reads the history, and to the other channels, which talk to those who are up. */
export function tellBelief(
  before: Update | undefined,
  update: Update,
  ctx: Pick<Context<never>, 'emit' | 'announce'>,
): void {
  const [name, life, incarnation, status, by] = update;
  ctx.emit({
    kind: 'status',
    subject: name,
    subjectLife: life,
    status: STATUS_NAMES[status],
    incarnation,
    ...(by === undefined ? {} : { by }),
  });
  const wasUp = before !== undefined && isUp(before);
  if (wasUp && (!isUp(update) || before[1] !== life)) ctx.announce(name, before[1], false);
  if (isUp(update) && (!wasUp || before[1] !== life)) ctx.announce(name, life, true);
}

/**
 * The member answers what is said against it with a higher incarnation, which only it may raise. False where there was
 * nothing to answer.
 */
export function refute(
  state: Beliefs,
  [, life, claimed, status]: Update,
  bytesOf: Bytes,
  ctx: Pick<Context<never>, 'emit'>,
): boolean {
  if (state.left || status === ALIVE) return false;
  if (life !== state.life || claimed < state.incarnation || claimed >= MAX_NUMBER) return false;
  state.incarnation = claimed + 1;
  state.incarnationChanged = true;
  state.whole = undefined;
  const own = ownUpdate(state);
  state.queue.put(state.self, own, bytesOf(own));
  ctx.emit({
    kind: 'refute',
    incarnation: state.incarnation,
    against: status === SUSPECT ? 'suspect' : status === DEAD ? 'dead' : 'left',
  });
  return true;
}

const NOTHING: readonly Update[] = [];

/** What the updates on one message are kept under, and how often each is sent. */
export interface Ride {
  readonly entries: number;
  readonly bytes: number;
  readonly times: number;
}

/** Updates to ride on a message: `first`, which is wanted on this one, the own good-bye, then what the queue has. */
export function updatesToRide(
  state: Beliefs,
  first: Update | undefined,
  { entries, bytes, times }: Ride,
  bytesOf: Bytes,
): readonly Update[] {
  if (first === undefined && !state.left && state.queue.size === 0) return NOTHING;
  const updates: Update[] = [];
  if (first !== undefined) updates.push(first);
  if (state.left) updates.push(ownUpdate(state));
  const room = bytes - updates.reduce((sum, update) => sum + bytesOf(update), 0);
  state.queue.take(updates, entries - updates.length, room, times);
  return updates;
}

/** The whole state with self in it, as one list that is never changed. */
export function wholeState(state: Beliefs): readonly Update[] {
  state.whole ??= [ownUpdate(state), ...state.beliefs.values()];
  return state.whole;
}

/**
 * Asks seeds for their whole state: all of them until somebody has given it, and those never heard of for as long as
 * that lasts, so that two groups that started apart meet. True where it has to be done again after a while.
 */
export function askSeeds(state: Beliefs, ask: (peer: string) => void): boolean {
  if (state.left) return false;
  const wanted = state.seeds.filter((seed) => !state.joined || !state.beliefs.has(seed));
  if (wanted.length === 0) return false;
  for (const seed of wanted) ask(seed);
  if (!state.joined) {
    // Known from an earlier boot: helps when no seed is up.
    for (const peer of state.up.sample(1)) if (!wanted.includes(peer)) ask(peer);
  }
  return true;
}

/** Writes down what this step changed: the own incarnation, and beliefs, which a restart with state goes on from. */
export function persistChanges(state: Beliefs, ctx: Pick<Context<never>, 'persist'>): void {
  if (state.changed.size === 0 && !state.incarnationChanged) return;
  const updates: Update[] = [];
  for (const name of state.changed) {
    const update = state.beliefs.get(name);
    if (update !== undefined) updates.push(update);
  }
  ctx.persist({ i: state.incarnation, u: updates });
  state.changed.clear();
  state.incarnationChanged = false;
}

/**
 * Takes up the records of this life; `hold` puts a belief in place. No belief changes, so no status is emitted: over all
 * its boots, what a life says of a member only ever moves up in the order. The other channels hear who is up.
 */
export function restoreBeliefs(
  state: Beliefs,
  records: readonly Data[],
  hold: (update: Update) => void,
  ctx: Pick<Context<never>, 'emit' | 'announce'>,
): void {
  const known = (name: string) => name !== state.self && state.roster.has(name);
  const { incarnation, latest } = sumOfRecords(records, known);
  state.incarnation = Math.max(state.incarnation, incarnation);
  for (const [name, update] of latest) {
    hold(update);
    const [, life, incarnation, status] = update;
    ctx.emit({ kind: 'recall', subject: name, subjectLife: life, status: STATUS_NAMES[status], incarnation });
    if (isUp(update)) ctx.announce(name, life, true);
  }
}

export function membershipView({
  self,
  life: ownLife,
  left,
  beliefs,
}: Pick<Beliefs, 'self' | 'life' | 'left' | 'beliefs'>): MembershipView {
  const alive = left ? [] : [`${self}/${ownLife}`];
  const suspect: string[] = [];
  for (const [name, life, , status] of beliefs.values()) {
    if (status === ALIVE) alive.push(`${name}/${life}`);
    else if (status === SUSPECT) suspect.push(`${name}/${life}`);
  }
  return { alive: alive.sort(), suspect: suspect.sort() };
}
