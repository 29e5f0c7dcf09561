/**
 * Faults that take something away from members as a whole, from outside: processor time by a quota, room for their state by
 * filling the disk that it is on. How either is done is the site's business.
 */
import { cpuShareOf, isDiskFull, type PlannedFault } from '../../model/fault.ts';
import type { FaultMaker } from './site.ts';

export interface Disk {
  /** Idempotent, both. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

export interface LimitedMember {
  readonly name: string;
  /** Leaves its process this share of one processor; undefined: as much as it had. Absent: that cannot be done. */
  limitCpu?(share: number | undefined): Promise<void>;
  /** Its state's own; absent: it has none. */
  readonly disk?: Disk | undefined;
  /** Whether its process has gone: asked when something could not be done. */
  lost?(): Promise<boolean>;
}

interface Post {
  readonly member: LimitedMember;
  share: number | undefined;
  full: boolean;
}

export class MemberLimits implements FaultMaker {
  readonly #posts: ReadonlyMap<string, Post>;

  constructor(members: readonly LimitedMember[]) {
    this.#posts = new Map(members.map((member) => [member.name, { member, share: undefined, full: false }]));
  }

  makes(fault: PlannedFault): boolean {
    if (fault.type !== 'cpu' && fault.type !== 'disk-full') return false;
    return fault.targets.every((name) => {
      const member = this.#posts.get(name)?.member;
      return (fault.type === 'cpu' ? member?.limitCpu : member?.disk) !== undefined;
    });
  }

  /** Limits hold a member up, and no datagram on its way. */
  holdsMs(): number {
    return 0;
  }

  async apply(active: readonly PlannedFault[]): Promise<void> {
    await Promise.all(
      [...this.#posts].map(async ([name, post]) => {
        await limitCpu(post, cpuShareOf(active, name));
        const full = isDiskFull(active, name);
        if (full === post.full) return;
        post.full = full;
        await (full ? post.member.disk?.fill() : post.member.disk?.free());
      }),
    );
  }

  /** Its disk is as it was; its quota was that of the process that has gone. */
  async restarted(name: string, active: readonly PlannedFault[]): Promise<void> {
    const post = this.#posts.get(name);
    if (post === undefined) return;
    post.share = undefined;
    await limitCpu(post, cpuShareOf(active, name));
  }
}

/** A member that has gone gets what acts when it comes back (`restarted`). */
async function limitCpu(post: Post, share: number | undefined): Promise<void> {
  if (share === post.share) return;
  post.share = share;
  try {
    await post.member.limitCpu?.(share);
  } catch (error) {
    if ((await post.member.lost?.()) !== true) throw error;
  }
}
