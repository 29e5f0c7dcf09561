/**
 * Faults made from outside the members' programs: those of links in the kernel of each member's namespace, those of wall
 * clocks by libfaketime, where the members were launched with it. The members' own programs make all others.
 */

import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProbedClock } from '../../../nemesis/linux/calibrate.ts';
import { calibrateFaults } from '../../../nemesis/linux/calibrate-faults.ts';
import { sampleFaults } from '../../../nemesis/linux/calibration-sample.ts';
import type { KernelCapabilities } from '../../../nemesis/linux/capabilities.ts';
import { FaketimeFile } from '../../../nemesis/linux/clock.ts';
import { type LinkMember, type LinkRule, planLinkRules } from '../../../nemesis/linux/link-rule.ts';
import { MemberNetwork } from '../../../nemesis/linux/member-network.ts';
import type { NamespaceShell } from '../../../nemesis/linux/shell.ts';
import type { Calibration } from '../../model/calibration.ts';
import { InvariantError } from '../../model/errors.ts';
import { isLinkFault, type PlannedFault, turnsWallClock } from '../../model/fault.ts';
import type { FaultMaker } from './site.ts';

/** A relay that has ended this long while its member goes on has failed. */
const RELAY_ALONE_MS = 2000;
const LOOK_EVERY_MS = 100;

/** Namespaces that are worked on at a time: more commands at once would only wait for each other. */
const AT_A_TIME = 8;
/** What a relay may be needed for. Cuts, single losses, copies and rates are the kernel's own. */
const RELAYED: ReadonlySet<string> = new Set(['delay', 'reorder', 'corrupt']);

export interface KernelMember {
  readonly link: LinkMember;
  /** The device over which all its traffic goes. */
  readonly device: string;
  /** Into the namespace that it has now. */
  shell(): NamespaceShell;
  /** The file that turns its wall clock; undefined: its own program does. */
  readonly clockFile: string | undefined;
  /**
   * Whether its namespace has gone with its process: asked when something could not be done there. Absent: it never goes.
   */
  lost?(): Promise<boolean>;
  /** Of its host, beside the controller's; absent: they are one. */
  readonly clock?: ProbedClock | undefined;
}

export interface KernelFaultsOptions {
  readonly members: readonly KernelMember[];
  readonly capabilities: KernelCapabilities;
  readonly seed: string;
  /** How the relay is started, as seen from the members' shells; the probe's program, probe.js, lies beside it. */
  readonly relayCommand: readonly string[];
  /** A member's new process finds the namespace of its last one. */
  readonly keepsNamespace: boolean;
  /** What `calibrate` is to measure; absent: nothing. */
  readonly calibrated?: readonly PlannedFault[] | undefined;
}

/** UDP; the members' own port is another. */
const PROBE_PORT = 7999;

interface Post {
  readonly member: KernelMember;
  readonly network: MemberNetwork;
  clock: FaketimeFile | undefined;
  /** Its process is a new one, and what ran in the namespace of the last one ends with that. */
  renewing: boolean;
}

export class KernelFaults implements FaultMaker {
  readonly #posts: ReadonlyMap<string, Post>;
  readonly #links: readonly LinkMember[];
  readonly #turnsClocks: boolean;
  readonly #keepsNamespace: boolean;
  readonly #capabilities: KernelCapabilities;
  readonly #calibrated: readonly PlannedFault[];
  readonly #probeCommand: readonly string[];
  #rules: readonly LinkRule[] = [];
  #failure: Error | undefined;
  #failed: ((error: Error) => void) | undefined;
  #closing = false;

  constructor(options: KernelFaultsOptions) {
    const { members, capabilities, seed, relayCommand, keepsNamespace, calibrated = [] } = options;
    this.#links = members.map((member) => member.link);
    this.#turnsClocks = members.every((member) => member.clockFile !== undefined);
    this.#keepsNamespace = keepsNamespace;
    this.#capabilities = capabilities;
    this.#calibrated = calibrated;
    this.#probeCommand = [...relayCommand.slice(0, -1), join(dirname(relayCommand.at(-1) ?? ''), 'probe.js')];
    const names = this.#links.map(({ name }) => name);
    const probed = new Set(sampleFaults(calibrated, names).ends);
    this.#posts = new Map(
      members.map((member) => {
        const { link: self, device } = member;
        const shell = member.shell();
        const network = new MemberNetwork({
          self,
          members: this.#links,
          device,
          shell,
          capabilities,
          seed,
          relayCommand,
          probePort: probed.has(self.name) ? PROBE_PORT : undefined,
          onFailure: (error) => void this.#relayEnded(self.name, error),
        });
        return [self.name, { member, network, clock: undefined, renewing: false }];
      }),
    );
  }

  /** A relay that ends by itself takes along what it carries, so the run cannot go on. Told once; what was before, too. */
  onFailure(failed: (error: Error) => void): void {
    this.#failed = failed;
    if (this.#failure !== undefined) failed(this.#failure);
  }

  makes(fault: PlannedFault): boolean {
    if (turnsWallClock(fault)) return this.#turnsClocks;
    return isLinkFault(fault);
  }

  /** What a sender's queueing discipline holds meets the receiver's rules afterwards; what the relay holds has met them. */
  holdsMs(fault: PlannedFault): number {
    if (fault.type === 'bandwidth') return fault.queueMs;
    if (!this.#capabilities.parts.has('netem')) return 0;
    if (fault.type === 'delay') return fault.delayMs + fault.jitterMs;
    return fault.type === 'reorder' ? fault.holdMs : 0;
  }

  async apply(active: readonly PlannedFault[], askedAgoMs: number): Promise<void> {
    const nowMs = Date.now();
    for (const { clock, member } of this.#posts.values()) {
      // First as it should have been done, from when a drift counts; then what has come of it.
      clock?.set(active, member.link.name, nowMs - askedAgoMs);
      clock?.set(active, member.link.name, nowMs);
    }
    const rules = planLinkRules(active, this.#links);
    if (rules.length === 0 && this.#rules.length === 0) return;
    this.#rules = rules;
    await this.#everywhere((post) => unlessLost(post, () => post.network.apply(rules)));
  }

  async restarted(member: string, active: readonly PlannedFault[]): Promise<void> {
    const post = this.#posts.get(member);
    if (post === undefined) return;
    post.clock?.set(active, member, Date.now());
    if (!this.#keepsNamespace) await unlessLost(post, () => post.network.restarted(post.member.shell()));
    post.renewing = false;
  }

  /**
   * To be called right before a member's process is started: from then on its clock counts. Where a start takes long, again
   * when it is known when it was, ms of the real wall clock.
   */
  launching(member: string, startedAtMs = Date.now()): void {
    const post = this.#posts.get(member);
    if (post === undefined) return;
    post.renewing = !this.#keepsNamespace;
    post.clock?.close();
    if (post.member.clockFile !== undefined) post.clock = new FaketimeFile(post.member.clockFile, startedAtMs);
  }

  /**
   * Sees to it that the first change meets namespaces that are known, and relays that run where these faults need them:
   * it then costs no more time than later ones. Nothing is in force afterwards.
   */
  async prepare(faults: readonly PlannedFault[]): Promise<void> {
    const rules = planLinkRules(
      faults.filter((fault) => RELAYED.has(fault.type)),
      this.#links,
    );
    await this.#everywhere(async ({ network }) => {
      if (rules.length > 0) await network.apply(rules);
      await network.apply([]);
    });
  }

  /**
   * To be called while nothing is in force, and every member has its namespace: measures what each planned link fault does
   * there. undefined: it was not asked for, or there is none. Rejects where a fault cannot be made.
   */
  async calibrate(): Promise<Calibration | undefined> {
    const calibration = await calibrateFaults({
      faults: this.#calibrated,
      members: [...this.#posts.values()].map(({ member }) => ({
        member: member.link,
        shell: member.shell(),
        clock: member.clock,
      })),
      probeCommand: this.#probeCommand,
      port: PROBE_PORT,
      capabilities: this.#capabilities,
      apply: (rules, names) => {
        const ends = new Set(names);
        return this.#everywhere(async ({ member, network }) => {
          if (ends.has(member.link.name)) await network.apply(rules);
        });
      },
    });
    // A member's first boot is then taken for one in a namespace that holds nothing of ours (`restarted`).
    if (!this.#keepsNamespace) await this.#everywhere(({ network }) => network.close());
    return calibration;
  }

  /** The namespaces are about to go, and all rules with them: ends what would hold them. Does not reject. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { clock } of this.#posts.values()) clock?.close();
    await this.#everywhere((post) => post.network.abandon().catch(() => undefined));
  }

  /** One that ends with its member, or because all ends, is no failure. */
  async #relayEnded(name: string, error: Error): Promise<void> {
    const post = this.#posts.get(name);
    if (post === undefined) return;
    // A member and its relay end together, and either may be heard of first.
    for (let waitedMs = 0; waitedMs <= RELAY_ALONE_MS; waitedMs += LOOK_EVERY_MS) {
      if (this.#closing || post.renewing || (await post.member.lost?.()) === true) return;
      await delay(LOOK_EVERY_MS);
    }
    if (this.#closing || post.renewing || this.#failure !== undefined) return;
    this.#failure = new InvariantError(
      `the relay that makes faults of links at member ${name} has ended (${error.message})`,
    );
    this.#failed?.(this.#failure);
  }

  async #everywhere(action: (post: Post) => Promise<void>): Promise<void> {
    const waiting = [...this.#posts.values()];
    const workers = Array.from({ length: AT_A_TIME }, async () => {
      for (let post = waiting.shift(); post !== undefined; post = waiting.shift()) await action(post);
    });
    await Promise.all(workers);
  }
}

/** A member that has gone gets what acts when it comes back (`restarted`). */
async function unlessLost({ member }: Post, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if ((await member.lost?.()) !== true) throw error;
  }
}
