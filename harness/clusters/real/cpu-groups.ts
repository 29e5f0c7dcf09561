/**
 * Quotas of processor time for members that are processes of this machine: those whom the plan starves are in a cgroup of
 * their own from their start on, with a quota only while it does.
 */
import { CpuGroup, findCpuControl } from '../../../nemesis/linux/cpu.ts';
import { unavailable } from '../../../nemesis/linux/unsupported.ts';
import type { PlannedFault } from '../../model/fault.ts';
import type { MachinePart } from '../machine-part.ts';
import type { Guard } from './guard.ts';
import type { LimitedMember } from './member-limits.ts';
import type { MemberHandle } from './site.ts';

/** What the fault `cpu` needs of the machine where members are its processes. */
export function cpuPart(): MachinePart {
  const control = findCpuControl();
  const lack = 'missing' in control ? control : undefined;
  return {
    name: lack === undefined ? 'a cgroup for quotas of processor time' : `a cgroup for quotas (${lack.missing})`,
    found: lack === undefined,
    optional: true,
    brings: ['cpu'],
    mend: `${lack?.mend ?? 'nothing'}; without it --cpu is refused`,
  };
}

export interface CpuGroupsOptions {
  /** All that may be asked for. */
  readonly faults: readonly PlannedFault[];
  /** Unique to the run on this machine. */
  readonly run: string;
  readonly guard: Guard;
}

export class CpuGroups {
  readonly #groups: ReadonlyMap<string, CpuGroup>;

  private constructor(groups: ReadonlyMap<string, CpuGroup>) {
    this.#groups = groups;
  }

  /** Throws UnavailableError where members are to be starved and this user may make no such groups here. */
  static create({ faults, run, guard }: CpuGroupsOptions): CpuGroups {
    const starving = faults.filter((fault) => fault.type === 'cpu');
    const targets = [...new Set(starving.flatMap((fault) => fault.targets))].sort();
    const groups = new Map<string, CpuGroup>();
    if (targets.length === 0) return new CpuGroups(groups);
    const control = findCpuControl();
    if ('missing' in control) {
      throw unavailable(
        starving.map(({ id, type }) => ({ fault: id, type, reason: control.missing, mend: control.mend })),
      );
    }
    for (const target of targets) {
      const group = new CpuGroup(control, `${run}-${target}`);
      guard.ownGroup(group.folder);
      groups.set(target, group);
    }
    return new CpuGroups(groups);
  }

  /** A member's process has been started. */
  started(member: string, { pid }: MemberHandle): void {
    if (pid !== undefined) this.#groups.get(member)?.add(pid);
  }

  limitOf(member: string): Pick<LimitedMember, 'limitCpu'> {
    const group = this.#groups.get(member);
    return group === undefined ? {} : { limitCpu: async (share) => group.limit(share) };
  }

  /** To be called when all members have ended. What is still busy, the guardian removes. */
  close(): void {
    for (const group of this.#groups.values()) {
      try {
        group.remove();
      } catch {}
    }
  }
}
