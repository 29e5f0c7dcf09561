/**
 * SWIM's order of what can be said about a member (section 4.2, table of precedence), with lives in front: a later life
 * beats an earlier one; within a life a higher incarnation beats a lower one; at one incarnation suspect beats alive,
 * dead beats both, and left, which only the member itself says, beats dead. Unlike in the paper, and as in memberlist,
 * an alive with a higher incarnation revives the dead. The order is total, so what a set of claims adds up to does
 * not depend on the order or number of their arrivals.
 */
import type { MemberStatus } from '../protocol.ts';

export const ALIVE = 0;
export const SUSPECT = 1;
export const DEAD = 2;
export const LEFT = 3;
/** A status as messages carry it; also its rank at one incarnation. */
export type StatusCode = typeof ALIVE | typeof SUSPECT | typeof DEAD | typeof LEFT;

export const STATUS_NAMES: readonly [MemberStatus, MemberStatus, MemberStatus, MemberStatus] = [
  'alive',
  'suspect',
  'dead',
  'left',
];

/** What is said about a member: [name, life, incarnation, status, who accused or declared it]. Never changed. */
export type Update =
  | readonly [name: string, life: number, incarnation: number, status: StatusCode]
  | readonly [name: string, life: number, incarnation: number, status: StatusCode, by: string];

/** Whether `claim` is news to somebody who holds `held`. Claims about one and the same member. */
export function beats(claim: Update, held: Update): boolean {
  if (claim[1] !== held[1]) return claim[1] > held[1];
  if (claim[2] !== held[2]) return claim[2] > held[2];
  return claim[3] > held[3];
}

/** Alive or suspected: to be talked to, and not yet given up. */
export function isUp(update: Update | undefined): boolean {
  return update !== undefined && update[3] <= SUSPECT;
}
