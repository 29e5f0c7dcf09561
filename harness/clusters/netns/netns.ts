/**
 * The `netns` cluster: members are processes of this machine, each in a network namespace of its own; faults of links are
 * made by the kernel there, those of wall clocks by libfaketime where it is to be had. Needs root or user namespaces. A full
 * disk is a real one, in the world's mount namespace; a quota of processor time needs a cgroup that may be written.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { probeKernel } from '../../../nemesis/linux/capabilities.ts';
import { faketimeEnvironment, findFaketime } from '../../../nemesis/linux/clock.ts';
import { unavailable, unsupported } from '../../../nemesis/linux/unsupported.ts';
import type { OpenCluster } from '../../model/cluster.ts';
import type { DeviceCounters } from '../../model/counters.ts';
import { UnavailableError } from '../../model/errors.ts';
import { type PlannedFault, turnsWallClock } from '../../model/fault.ts';
import type { Plan } from '../../model/plan.ts';
import { CpuGroups } from '../real/cpu-groups.ts';
import { JointMakers } from '../real/joint-makers.ts';
import { KernelFaults } from '../real/kernel-faults.ts';
import { MemberLimits } from '../real/member-limits.ts';
import { MemberProcess } from '../real/member-process.ts';
import { createOpenReal, type Ground, type RealOptions } from '../real/open-real.ts';
import { programPath } from '../real/program-path.ts';
import type { Site } from '../real/site.ts';
import { readCounters } from './counters.ts';
import { lackOf, standingHere } from './machine.ts';
import { addressOf, DEVICE } from './star.ts';
import { StateDisks } from './state-disks.ts';
import { World } from './world.ts';

export interface NetnsOptions extends RealOptions {
  /** In a user namespace, also where this is root; absent: only where namespaces cannot be made otherwise. */
  readonly rootless?: boolean | undefined;
  /** Faults beyond the plan's that are to be made as promptly, and clocks that are to be turned by libfaketime. */
  readonly prepareFor?: readonly PlannedFault[] | undefined;
  /** The program that members run; absent: the compiled one of this package. */
  readonly program?: string | undefined;
}

/** Nobody else is in a member's namespace, so its port is always free. */
const PORT = 7946;

/** Throws UnavailableError where the machine cannot, or cannot do what the plan asks for. */
export const openNetns: OpenCluster = createOpenNetns({});

export function createOpenNetns(options: NetnsOptions): OpenCluster {
  return createOpenReal((ground) => openSite(ground, options), options);
}

async function openSite({ plan, directory, guard, cluster }: Ground, options: NetnsOptions): Promise<Site> {
  const program = options.program ?? programPath('member.js');
  const relay = programPath('relay.js');
  const rootless = options.rootless ?? (await mustBeRootless());
  const expected = [...plan.faults, ...(options.prepareFor ?? [])];
  const faketime = turnsClocks(expected) ? findFaketime() : undefined;
  const clockFile = (member: string): string => join(directory, 'clocks', member);
  if (faketime !== undefined) mkdirSync(join(directory, 'clocks'), { recursive: true });
  const indexes = new Map(plan.members.map(({ name }, index) => [name, index]));
  const indexOf = (member: string): number => indexes.get(member) ?? -1;
  const groups = CpuGroups.create({ faults: expected, run: cluster.toString(16), guard });

  const world = await World.create({ count: plan.members.length, rootless, guard });
  let faults: KernelFaults | undefined;
  let disks: StateDisks;
  const end = async (): Promise<void> => {
    // Relays first: they would hold the namespaces that they are in.
    await faults?.close();
    await world.end();
    groups.close();
    rmSync(join(directory, 'clocks'), { recursive: true, force: true });
  };
  try {
    const capabilities = await probeKernel({ shell: world.shell() });
    // Where the library is missing, members' own programs turn their clocks.
    const missing = unsupported(plan.faults, capabilities, { faketime, ownClocks: true, relay: true });
    if (missing.length > 0) throw unavailable(missing);
    faults = new KernelFaults({
      members: plan.members.map(({ name }, index) => ({
        link: { name, address: addressOf(index), port: PORT },
        device: DEVICE,
        shell: () => world.memberShell(index),
        clockFile: faketime === undefined ? undefined : clockFile(name),
      })),
      capabilities,
      seed: plan.seed,
      relayCommand: [process.execPath, relay],
      keepsNamespace: true,
      calibrated: options.calibrate === true ? plan.faults : undefined,
    });
    await faults.prepare(expected);
    disks = await StateDisks.create(world, expected, join(directory, 'state'));
  } catch (error) {
    await end();
    throw error;
  }
  const maker = faults;
  const limits = new MemberLimits(
    plan.members.map(({ name }) => ({ name, ...groups.limitOf(name), disk: disks.of(name) })),
  );
  return {
    kind: 'netns',
    faults: new JointMakers(maker, limits),
    addressOf: (member) => ({ host: addressOf(indexOf(member)), port: PORT }),
    stateFile: (member, life) => disks.fileOf(member, life),
    launch({ member, life, restore }, events) {
      // On a disk of its own a new life finds nothing anyway.
      if (!restore) rmSync(disks.fileOf(member, life), { force: true });
      const mounts = disks.of(member) !== undefined;
      const [file, ...args] = world.enterMember(indexOf(member), { mounts });
      const environment = faketime === undefined ? undefined : faketimeEnvironment(faketime, clockFile(member));
      const log = join(directory, 'members', `${member}.log`);
      maker.launching(member);
      const command = { file, args: [...args, process.execPath, program], environment };
      const started = new MemberProcess(command, log, events);
      groups.started(member, started);
      return started;
    },
    counters: () => countersOf(plan, world),
    close: end,
  };
}

/** Rejects with UnavailableError where this machine makes no worlds at all. */
async function mustBeRootless(): Promise<boolean> {
  const lack = await lackOf('either', process.env);
  if (lack !== undefined) throw new UnavailableError(`the netns cluster lacks ${lack.name}`, undefined, lack.mend);
  return (await standingHere(process.env)) === 'rootless';
}

async function countersOf(plan: Plan, world: World): Promise<Map<string, DeviceCounters>> {
  const read = async ({ name }: { name: string }, index: number): Promise<[string, DeviceCounters]> => [
    name,
    await readCounters(world.memberShell(index)),
  ];
  return new Map(await Promise.all(plan.members.map(read)));
}

function turnsClocks(faults: readonly PlannedFault[]): boolean {
  return faults.some(turnsWallClock);
}
