/**
 * The order in which a member may change its mind about another (SWIM, section 4.2, with lives in front, and as in
 * memberlist a higher incarnation above death): by life, then incarnation, then alive < suspect < dead < left. Written
 * apart from the protocols it judges. Pure.
 */
import type { MemberStatus } from '../../impl/protocol.ts';

export interface Said {
  readonly life: number;
  readonly status: MemberStatus;
  readonly incarnation: number;
}

const RANK: Readonly<Record<MemberStatus, number>> = { alive: 0, suspect: 1, dead: 2, left: 3 };

/** Why an observer may not go from `before` to `after`; undefined where it may. */
export function illegalStep(before: Said, after: Said): string | undefined {
  if (after.life !== before.life) return after.life > before.life ? undefined : 'an earlier life never comes back';
  if (after.incarnation !== before.incarnation) {
    return after.incarnation > before.incarnation ? undefined : 'a lower incarnation overrides nothing';
  }
  if (RANK[after.status] > RANK[before.status]) return undefined;
  return `${after.status} overrides ${before.status} only with a higher incarnation`;
}
