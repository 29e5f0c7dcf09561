/**
 * The `local` cluster: members are processes of this machine that talk over loopback, faults are made by a shim in front
 * of each member's socket, clocks and records. Needs no root, no container, no particular system; only a quota of processor
 * time needs a cgroup that may be written.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenCluster } from '../../model/cluster.ts';
import { CpuGroups } from '../real/cpu-groups.ts';
import { MemberLimits } from '../real/member-limits.ts';
import { MemberProcess, nodeCommand } from '../real/member-process.ts';
import { createOpenReal, type RealOptions } from '../real/open-real.ts';
import { programPath } from '../real/program-path.ts';

export interface LocalOptions extends RealOptions {
  /** Members get this port and those above it, in the plan's order; absent: free ports are chosen. */
  readonly basePort?: number | undefined;
  /** The program that members run; absent: the compiled one of this package. */
  readonly program?: string | undefined;
}

const HOST = '127.0.0.1';

/** Throws UnavailableError where a port is taken or the programs were never built. */
export const openLocal: OpenCluster = createOpenLocal({});

export function createOpenLocal(local: LocalOptions): OpenCluster {
  return createOpenReal(async ({ plan, directory, guard, cluster }) => {
    const program = local.program ?? programPath('member.js');
    const groups = CpuGroups.create({ faults: plan.faults, run: cluster.toString(16), guard });
    const starves = plan.faults.some((fault) => fault.type === 'cpu');
    const limited = plan.members.map(({ name }) => ({ name, ...groups.limitOf(name) }));
    const ports = new Map(
      plan.members.map(({ name }, index) => [name, local.basePort === undefined ? undefined : local.basePort + index]),
    );
    const stateFile = (member: string, life: number): string => join(directory, 'state', `${member}.${life}.jsonl`);
    return {
      kind: 'local',
      // Members' own programs make all other faults.
      faults: starves ? new MemberLimits(limited) : undefined,
      addressOf: (member) => ({ host: HOST, port: ports.get(member) }),
      stateFile,
      launch({ member, life, restore }, events) {
        if (!restore) rmSync(stateFile(member, life), { force: true });
        const log = join(directory, 'members', `${member}.log`);
        const process = new MemberProcess(nodeCommand(program), log, events);
        groups.started(member, process);
        return process;
      },
      close: async () => groups.close(),
    };
  }, local);
}
