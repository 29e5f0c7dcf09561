/**
 * The faults on one member's links, made in the member's own network namespace: what leaves by tc, what arrives by nft
 * and, for what the kernel cannot do, the relay. So a directed link is the business of both its ends, and every member
 * needs one of these. NET_ADMIN over that namespace is all it takes.
 *
 * It owns the nft table `ip hearsay` and the root qdisc with handle 4ea5: on `device`, and touches nothing else. A root
 * qdisc of somebody else's on that device is refused, never replaced.
 *
 * A cut stops everything between two addresses. All other faults act on UDP alone, whoever makes them: a plan's link
 * faults speak of messages, and its streams are reliable transfers that only a cut may stop. Rates count the headers of
 * Ethernet, IP and UDP (42 bytes a datagram).
 */
import type { KernelCapabilities } from './capabilities.ts';
import type { LinkMember, LinkRule } from './link-rule.ts';
import { nftBatch, nftRemoval, type PlacedLink, type RelayFlow, type RelayPort } from './nft-batch.ts';
import { type PlacementOptions, place } from './placement.ts';
import type { RelayRule } from './relay/protocol.ts';
import { RelayProgram } from './relay/relay-program.ts';
import { CommandError, type NamespaceShell } from './shell.ts';
import { TC_HANDLE, type TcState, tcRemoval, tcStep } from './tc-batch.ts';

export interface MemberNetworkOptions extends PlacementOptions {
  readonly self: LinkMember;
  /** All members, this one among them. */
  readonly members: readonly LinkMember[];
  /** The interface by which everything leaves. */
  readonly device: string;
  readonly shell: NamespaceShell;
  readonly capabilities: KernelCapabilities;
  /** Names the relay's draws. */
  readonly seed: string;
  /** Starts the relay, as the shell sees it (node and dist/relay.js). Absent: rules that need it are refused. */
  readonly relayCommand?: readonly string[] | undefined;
  /** A second UDP port that faults act on, from and to which calibration sends. */
  readonly probePort?: number | undefined;
  /** The relay died by itself (not when its member's namespace was given up). */
  readonly onFailure?: ((error: CommandError) => void) | undefined;
}

export class MemberNetwork {
  readonly #options: MemberNetworkOptions;
  readonly #flows: readonly RelayFlow[];
  #shell: NamespaceShell;
  #rules: readonly LinkRule[] = [];
  #tc: TcState | undefined;
  /** Undefined: not known what stands there. */
  #nft: string | undefined;
  #known = false;
  #relay: RelayProgram | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: MemberNetworkOptions) {
    this.#options = options;
    this.#shell = options.shell;
    const others = options.members.filter((member) => member.name !== options.self.name);
    const { address, port } = options.self;
    this.#flows = others.flatMap((from) => [
      { fromAddress: from.address, fromPort: from.port, toAddress: address, toPort: port },
      ...(options.probePort === undefined
        ? []
        : [
            {
              fromAddress: from.address,
              fromPort: options.probePort,
              toAddress: address,
              toPort: options.probePort,
            },
          ]),
    ]);
  }

  /** From here these rules, and no others. Rules of links that do not touch this member are passed over. */
  apply(rules: readonly LinkRule[]): Promise<void> {
    return this.#after(async () => {
      this.#rules = rules;
      await this.#install();
    });
  }

  /** The member has a new process in a new namespace: nothing of ours is there, and the last rules are applied again. */
  restarted(shell: NamespaceShell): Promise<void> {
    return this.#after(async () => {
      await this.#stopRelay();
      this.#shell = shell;
      this.#tc = undefined;
      // A new namespace holds nothing of ours: where no rule is in force, no command is needed.
      this.#nft = nftRemoval();
      this.#known = true;
      await this.#install();
    });
  }

  /** The namespace is gone or about to go: ends the relay, which would hold it, and leaves the rest to the kernel. */
  abandon(): Promise<void> {
    return this.#after(() => this.#stopRelay());
  }

  /** Takes away exactly what was added. What the relay still holds is lost. */
  close(): Promise<void> {
    return this.#after(async () => {
      this.#rules = [];
      if (this.#nft !== undefined && this.#nft !== nftRemoval()) await this.#runNft(nftRemoval());
      if (this.#tc !== undefined) await this.#runTc([tcRemoval(this.#options.device)]);
      this.#tc = undefined;
      await this.#stopRelay();
    });
  }

  #after(action: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(action);
    this.#queue = done.catch(() => {});
    return done;
  }

  async #install(): Promise<void> {
    try {
      await this.#bringTo(this.#rules);
    } catch (error) {
      // What stands there now is not known: the next call begins anew.
      this.#known = false;
      this.#tc = undefined;
      throw error;
    }
  }

  async #bringTo(rules: readonly LinkRule[]): Promise<void> {
    const { self, device, capabilities, corruptBy } = this.#options;
    const placed = rules
      .filter(({ from, to }) => from.name === self.name || to.name === self.name)
      .map(({ from, to, ...rule }) => ({ from, to, placement: place(rule, capabilities, { corruptBy }) }));
    const leaving = placed.filter((link) => link.from.name === self.name);
    const arriving = placed.filter((link) => link.to.name === self.name);
    if (!this.#known) await this.#clear();
    const step = tcStep(device, this.#tc, leaving, performance.now());
    if (step.lines.length > 0) await this.#runTc(step.lines);
    this.#tc = step.state;
    if (!capabilities.parts.has('nft')) return;
    const batch = nftBatch(arriving, await this.#relayPorts(arriving));
    if (batch !== this.#nft) await this.#runNft(batch);
  }

  /** An earlier run of ours may have left something here; whatever is not ours stays. */
  async #clear(): Promise<void> {
    const { device } = this.#options;
    const shown = await this.#shell.run(['tc', 'qdisc', 'show', 'dev', device], '');
    if (shown.includes(` ${TC_HANDLE} root `)) await this.#runTc([tcRemoval(device)]);
    if (this.#options.capabilities.parts.has('nft')) await this.#runNft(nftRemoval());
    this.#known = true;
  }

  /** Brings the relay to the rules in force. It stays when none needs it any more: it may still hold datagrams. */
  async #relayPorts(arriving: readonly PlacedLink[]): Promise<RelayPort[]> {
    const relayed = new Map(arriving.map((link) => [link.from.address, link] as const));
    const rules = this.#flows.flatMap((flow, index): RelayRule[] => {
      const link = relayed.get(flow.fromAddress);
      const parts = link?.placement.relay;
      if (link === undefined || parts === undefined) return [];
      return [{ flow: index, link: `${link.from.name} ${link.to.name} ${flow.toPort}`, parts }];
    });
    if (rules.length === 0 && this.#relay === undefined) return [];
    this.#relay ??= await this.#startRelay();
    await this.#relay.setRules(rules);
    const open = new Set(rules.map((rule) => rule.flow));
    const { ports } = this.#relay;
    return this.#flows.map((flow, index) => ({ flow, port: ports[index] as number, open: open.has(index) }));
  }

  async #startRelay(): Promise<RelayProgram> {
    const { relayCommand, seed, self, onFailure } = this.#options;
    if (relayCommand === undefined) throw new CommandError(['relay'], `member ${self.name} has none`);
    const relay = await RelayProgram.start(this.#shell, relayCommand, seed, this.#flows);
    // Without it, what nft leads there is lost: a run must not go on as if that were the network.
    void relay.ended.then((said) => {
      if (this.#relay === relay)
        onFailure?.(new CommandError(relayCommand, said || `the relay of ${self.name} has ended`));
    });
    return relay;
  }

  async #stopRelay(): Promise<void> {
    const relay = this.#relay;
    this.#relay = undefined;
    await relay?.stop();
  }

  async #runTc(lines: readonly string[]): Promise<void> {
    await this.#shell.run(['tc', '-batch', '-'], `${lines.join('\n')}\n`);
  }

  async #runNft(batch: string): Promise<void> {
    await this.#shell.run(['nft', '-f', '-'], batch);
    this.#nft = batch;
  }
}
