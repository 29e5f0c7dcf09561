/**
 * The `docker` cluster: each member a container without any capability, on an internal network of the run's own, on one
 * engine or in turn on those of a Swarm. Control
 * goes over the attached stdio, so no network fault can touch it. Nothing is ever privileged, and the engine's socket is
 * never mounted.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { faketimeEnvironment } from '../../../nemesis/linux/clock.ts';
import { shellOfPid } from '../../../nemesis/linux/shell.ts';
import { unavailable, unsupported } from '../../../nemesis/linux/unsupported.ts';
import type { OpenCluster } from '../../model/cluster.ts';
import type { DeviceCounters } from '../../model/counters.ts';
import { InvariantError, UnavailableError, UserError } from '../../model/errors.ts';
import { turnsWallClock } from '../../model/fault.ts';
import type { Plan } from '../../model/plan.ts';
import { JointMakers } from '../real/joint-makers.ts';
import { KernelFaults } from '../real/kernel-faults.ts';
import { MemberLimits } from '../real/member-limits.ts';
import { createOpenReal, type Ground, type RealOptions } from '../real/open-real.ts';
import type { Launch, MemberEvents, Site, SiteClocks } from '../real/site.ts';
import { ContainerProcess } from './container-process.ts';
import { DeviceMeter, HelperCounts, ProcessCounts } from './device-counts.ts';
import { knowsQuotas } from './engine.ts';
import { ExecShell } from './exec-shell.ts';
import { type Helper, SEAT, startHelper } from './helper.ts';
import { FAKETIME_PATH, MEMBER_UID, NODE_PATH, PROGRAM_FOLDER, STATE_FOLDER } from './image-files.ts';
import { labelsOf } from './labels.ts';
import { removeLeftovers } from './leftovers.ts';
import { hardwareAddress, MOST_ENGINES, MOST_MEMBERS, MOST_OVERLAY_MEMBERS, neighbourBatch } from './network.ts';
import { CLOCK_FOLDER, clockMount, MemberShell, type ReachMode } from './reach.ts';
import { connectHosts, type Deck, hostOf, prepareDeck, type RunHost, readyHosts } from './run-hosts.ts';
import { StateDisk, stateMount } from './state-disk.ts';
import { findSwarm } from './swarm.ts';

export interface DockerOptions extends RealOptions {
  /**
   * Addresses of engines, as in DOCKER_HOST; several must be of one Swarm, and members go to them in turn. Absent: that of
   * DOCKER_HOST, or the machine's own.
   */
  readonly hosts?: readonly string[] | undefined;
  /** How faults get into members' namespaces on one engine; absent: directly wherever that can be had. */
  readonly reach?: ReachMode | undefined;
}

/** Every member listens here, at its own address. */
const PORT = 7946;
/** What an engine calls the one device of a container. */
const DEVICE = 'eth0';
const MEMORY_BYTES = 256 * 1024 * 1024;
const CPUS = 1;
const MOST_PIDS = 64;
const CLOCK_FILE = 'time';
/** What a member that dies by itself had counted since it was last asked is lost. */
const COUNT_EVERY_MS = 1000;

/** Throws UnavailableError where no engine answers, or it or its kernel cannot do what the plan asks for. */
export const openDocker: OpenCluster = createOpenDocker();

export function createOpenDocker(options: DockerOptions = {}): OpenCluster {
  return createOpenReal((ground) => openSite(ground, options), options);
}

async function openSite(ground: Ground, options: DockerOptions): Promise<Site> {
  const { plan, directory, guard } = ground;
  checkOptions(plan, options);
  const connected = await connectHosts(options.hosts);
  if (connected.length > 1) await findSwarm(connected);
  const run = ground.cluster.toString(16).padStart(8, '0');
  const hosts = await readyHosts(connected);
  guard.afterDeath(['clean', '--run', run, ...hosts.flatMap(({ host }) => ['--docker-host', host])]);
  try {
    const clocks = turnsClocks(plan) ? join(directory, 'clocks') : undefined;
    if (clocks !== undefined) mkdirSync(clocks, { recursive: true });
    const members = plan.members.map(({ name }) => name);
    const deck = await prepareDeck(hosts, { run, members, clocks, mode: options.reach });
    const { reach } = deck;
    const faketime = reach.turnsClocks ? FAKETIME_PATH : undefined;
    const missing = unsupported(plan.faults, reach.capabilities, { faketime, ownClocks: true, relay: true });
    if (missing.length > 0) throw unavailable(missing);
    const calibrates = options.calibrate === true;
    await checkQuotas(plan, hosts);
    const disks = await StateDisk.startAll(plan, hosts, run);
    return new DockerSite({ ...deck, ground, run, hosts, calibrates, disks });
  } catch (error) {
    await removeLeftovers(enginesOf(hosts), { run }).catch(() => undefined);
    throw error;
  }
}

function enginesOf(hosts: readonly RunHost[]): Docker[] {
  return hosts.map(({ engine }) => engine);
}

function checkOptions(plan: Plan, options: DockerOptions): void {
  const engines = options.hosts?.length ?? 1;
  if (engines > MOST_ENGINES) {
    throw new UserError('one Docker network does not span that many engines', String(engines), `take ${MOST_ENGINES}`);
  }
  const most = engines > 1 ? MOST_OVERLAY_MEMBERS : MOST_MEMBERS;
  if (plan.members.length > most) {
    const mend = `take at most ${most}, or --cluster sim`;
    throw new UserError('one Docker network does not carry that many members', String(plan.members.length), mend);
  }
}

function turnsClocks(plan: Plan): boolean {
  return plan.faults.some(turnsWallClock);
}

/** Throws UnavailableError where members are to be starved and an engine's kernel knows no quotas. */
async function checkQuotas(plan: Plan, hosts: readonly RunHost[]): Promise<void> {
  const starving = plan.faults.filter((fault) => fault.type === 'cpu');
  if (starving.length === 0) return;
  if ((await Promise.all(hosts.map(({ engine }) => knowsQuotas(engine)))).every((knows) => knows)) return;
  const reason = "an engine's kernel knows no quotas of processor time";
  const mend = 'run the engine on a kernel with CONFIG_CFS_BANDWIDTH';
  throw unavailable(starving.map(({ id, type }) => ({ fault: id, type, reason, mend })));
}

interface DockerSetup extends Deck {
  readonly ground: Ground;
  readonly run: string;
  readonly hosts: readonly RunHost[];
  readonly calibrates: boolean;
  /** By member, of those whose disks the plan fills. */
  readonly disks: ReadonlyMap<string, StateDisk>;
}

interface Seat {
  readonly host: RunHost;
  readonly address: string;
  readonly shell: MemberShell;
  readonly meter: DeviceMeter;
  /** Of the process that is there now, or was last. */
  process: ContainerProcess | undefined;
  container: Docker.Container | undefined;
}

class DockerSite implements Site {
  readonly kind = 'docker';
  readonly faults: JointMakers;
  readonly #kernel: KernelFaults;
  readonly clocks: SiteClocks | undefined;
  readonly #setup: DockerSetup;
  readonly #seats: ReadonlyMap<string, Seat>;
  readonly #counting: NodeJS.Timeout;

  constructor(setup: DockerSetup) {
    const { ground, network, reach, hosts } = setup;
    const { plan } = ground;
    this.#setup = setup;
    this.clocks = setup.clocks;
    this.#seats = new Map(
      plan.members.map(({ name }, index) => [
        name,
        {
          host: hostOf(hosts, index),
          address: network.addressOf(index),
          shell: new MemberShell(),
          meter: new DeviceMeter(DEVICE),
          process: undefined,
          container: undefined,
        },
      ]),
    );
    this.#kernel = new KernelFaults({
      members: [...this.#seats].map(([name, seat]) => ({
        link: { name, address: seat.address, port: PORT },
        device: DEVICE,
        shell: () => seat.shell,
        clockFile: reach.turnsClocks ? join(this.#clockFolder(name), CLOCK_FILE) : undefined,
        lost: async () => seat.process?.isGone() ?? true,
        clock: setup.clocks?.probedClockOf(name),
      })),
      capabilities: reach.capabilities,
      seed: plan.seed,
      relayCommand: reach.relayCommand,
      keepsNamespace: false,
      calibrated: setup.calibrates ? plan.faults : undefined,
    });
    const limits = new MemberLimits(
      [...this.#seats].map(([name, seat]) => ({
        name,
        limitCpu: async (share) => {
          await seat.container?.update({ NanoCpus: Math.round((share ?? CPUS) * 1e9) });
        },
        disk: setup.disks.get(name),
        lost: async () => seat.process?.isGone() ?? true,
      })),
    );
    this.faults = new JointMakers(this.#kernel, limits);
    this.#counting = setInterval(() => void this.#count(), COUNT_EVERY_MS).unref();
  }

  addressOf(member: string): { host: string; port: number } {
    return { host: this.#seat(member).address, port: PORT };
  }

  stateFile(_member: string, life: number): string {
    return `${STATE_FOLDER}/${life}.jsonl`;
  }

  launch(launch: Launch, events: MemberEvents): ContainerProcess {
    const { ground, reach } = this.#setup;
    const seat = this.#seat(launch.member);
    const { engine, image } = seat.host;
    if (reach.turnsClocks) mkdirSync(this.#clockFolder(launch.member), { recursive: true });
    const log = join(ground.directory, 'members', `${launch.member}.log`);
    let helper: Helper | undefined;
    let watched: number | undefined;
    const heard: MemberEvents = {
      ...events,
      ended: (ending) => {
        if (watched !== undefined) ground.guard.release(watched);
        seat.shell.set(undefined);
        seat.meter.end();
        void helper?.remove();
        events.ended(ending);
      },
    };
    seat.process = new ContainerProcess(engine, this.#optionsOf(launch), log, heard, {
      starting: () => this.#kernel.launching(launch.member),
      started: async ({ container, pid, startedAtMs }) => {
        this.#kernel.launching(launch.member, startedAtMs);
        seat.container = container;
        if (reach.mode === 'direct') {
          // The same machine: what the engine calls its pid is one that the guardian can kill, also when it is stopped.
          watched = pid;
          ground.guard.watch(pid);
          seat.shell.set(shellOfPid(pid));
          await this.#introduceNeighbours(seat);
          await seat.meter.begin(new ProcessCounts(pid));
          return;
        }
        helper = await startHelper(engine, {
          image,
          run: this.#setup.run,
          name: `${this.#nameOf(launch)}-helper`,
          network: `container:${container.id}`,
        });
        seat.shell.set(new ExecShell(engine, helper.container));
        await Promise.all([this.#introduceNeighbours(seat), this.#announce(launch.member, seat)]);
        await seat.meter.begin(new HelperCounts(helper));
      },
      ending: () => seat.meter.update(),
    });
    return seat.process;
  }

  async counters(): Promise<ReadonlyMap<string, DeviceCounters>> {
    await this.#count();
    return new Map([...this.#seats].map(([name, { meter }]) => [name, meter.total]));
  }

  async close(): Promise<void> {
    const { hosts, run, ground } = this.#setup;
    clearInterval(this.#counting);
    for (const { meter } of this.#seats.values()) meter.end();
    await this.#kernel.close();
    await removeLeftovers(enginesOf(hosts), { run }).catch(() => undefined);
    rmSync(join(ground.directory, 'clocks'), { recursive: true, force: true });
  }

  async #count(): Promise<void> {
    await Promise.all([...this.#seats.values()].map(({ meter }) => meter.update()));
  }

  #seat(member: string): Seat {
    const seat = this.#seats.get(member);
    if (seat === undefined) throw new InvariantError(`the plan has no member ${member}`);
    return seat;
  }

  async #introduceNeighbours({ address, shell }: Seat): Promise<void> {
    const addresses = [...this.#seats.values()].map((seat) => seat.address);
    await shell.run(['ip', '-batch', '-'], neighbourBatch(address, addresses, DEVICE));
  }

  /** Resolves once every other engine knows where the member is; else what is sent to it first would be lost. */
  async #announce(member: string, { host, address }: Seat): Promise<void> {
    const others = [...this.#setup.outposts].filter(([other]) => other !== host);
    await Promise.all(
      others.map(async ([other, outpost]) => {
        if (await outpost.reaches(address, PORT)) return;
        const mend = 'open UDP 4789 and TCP and UDP 7946 between the hosts, or see docker node ls';
        throw new UnavailableError(`${member} is not reached from ${other.host} on the overlay`, host.host, mend);
      }),
    );
  }

  #clockFolder(member: string): string {
    return join(this.#setup.ground.directory, 'clocks', member);
  }

  #nameOf({ member, life, boot }: Launch): string {
    return `hearsay-${this.#setup.run}-${member}-${life}-${boot}`;
  }

  #optionsOf(launch: Launch): Docker.ContainerCreateOptions {
    const { run, network, reach } = this.#setup;
    const { member } = launch;
    const { image } = this.#seat(member).host;
    const name = this.#nameOf(launch);
    const clock = reach.turnsClocks ? faketimeEnvironment(FAKETIME_PATH, `${CLOCK_FOLDER}/${CLOCK_FILE}`) : {};
    const state = stateMount(run, member, this.#setup.disks.has(member));
    return {
      name,
      Image: image,
      Hostname: member,
      MacAddress: hardwareAddress(this.#seat(member).address),
      User: `${MEMBER_UID}:${MEMBER_UID}`,
      Entrypoint: [NODE_PATH, `${PROGRAM_FOLDER}/member.js`],
      Labels: labelsOf(run, 'member', member),
      Env: Object.entries({ ...clock, [SEAT]: name }).map((pair) => pair.join('=')),
      Tty: false,
      // The end of the controller is the end of its members: stdin ends with the one who is attached.
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      HostConfig: {
        AutoRemove: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        ReadonlyRootfs: true,
        Memory: MEMORY_BYTES,
        NanoCpus: CPUS * 1e9,
        PidsLimit: MOST_PIDS,
        IpcMode: 'none',
        LogConfig: { Type: 'none', Config: {} },
        NetworkMode: network.name,
        Mounts: reach.turnsClocks ? [state, clockMount(this.#clockFolder(member))] : [state],
      },
      NetworkingConfig: {
        EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: this.#seat(member).address } } },
      },
    };
  }
}
