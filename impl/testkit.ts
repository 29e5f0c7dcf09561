/**
 * Test support for protocols: a small world of members in virtual time, with links a test can cut or bend. The
 * simulator proper (harness/clusters/sim) does far more; this one exists so that a protocol's own tests read as
 * scenarios and need nothing but the protocol.
 */
import { createSigner, type KeyDirectory, privateKeyOf, publicKeyOf } from '../harness/model/keys.ts';
import { split } from '../harness/model/rng.ts';
import { Member, type MemberChannel } from './member/member.ts';
import type { AnyProtocol, Conditions, Data, Observation, Outcome, Signer } from './protocol.ts';

/** `n1`, `n2`, ... */
export function namesOf(n: number): string[] {
  return Array.from({ length: n }, (_, index) => `n${index + 1}`);
}

/** What a plan of so many members and no faults means to claims and bounds; links take what the world's take. */
export function calmConditions(n: number, over: Partial<Conditions> = {}): Conditions {
  const calm = { byzantine: [], livesLost: [], kinds: [], timerDrift: 0, wallErrorMs: 0, nameBytes: 2 };
  return { n, ...calm, load: new Map(), linkLatencyMs: 1, schedulingMs: 0, ...over };
}

export interface Seen {
  readonly at: number;
  readonly member: string;
  readonly life: number;
  readonly channel: string;
  readonly observation: Observation;
}

export interface Sent {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly channel: number;
  readonly message: unknown;
  readonly stream: boolean;
}

interface Host {
  member: Member;
  life: number;
  boot: number;
  up: boolean;
  records: Map<string, Data[]>;
}

export interface WorldOptions {
  readonly names: readonly string[];
  readonly channels: readonly { protocol: AnyProtocol; settings: unknown; name?: string }[];
  readonly seed?: string;
  /** One-way, ms; undefined: the message is lost. Default 1. */
  readonly latency?: (sent: Sent) => number | undefined;
  /** Wall clock error of a member, ms. */
  readonly skew?: (member: string) => number;
}

export class World {
  readonly #options: WorldOptions;
  readonly #channels: MemberChannel[];
  readonly #hosts = new Map<string, Host>();
  #directory: KeyDirectory | undefined;
  #queue: { at: number; order: number; run: () => void }[] = [];
  #order = 0;
  now = 0;
  latency: (sent: Sent) => number | undefined;
  readonly seen: Seen[] = [];
  readonly sent: Sent[] = [];
  readonly replies = new Map<number, Outcome>();

  constructor(options: WorldOptions) {
    this.#options = options;
    this.latency = options.latency ?? (() => 1);
    this.#channels = options.channels.map((channel) => ({
      name: channel.name ?? channel.protocol.name,
      protocol: channel.protocol,
      settings: channel.settings,
    }));
  }

  get names(): readonly string[] {
    return this.#options.names;
  }

  /** Boots a member: a new life unless `restore`. Seeds default to the first two other names. */
  start(name: string, options: { restore?: boolean; seeds?: readonly string[] } = {}): void {
    const before = this.#hosts.get(name);
    const restore = options.restore === true && before !== undefined;
    const life = before === undefined ? 1 : before.life + (restore ? 0 : 1);
    const boot = restore ? before.boot + 1 : 1;
    const records = restore ? before.records : new Map<string, Data[]>();
    const host: Host = { member: undefined as unknown as Member, life, boot, up: true, records };
    this.#hosts.set(name, host);
    const seed = this.#options.seed ?? 'test';
    const identity = { name, life, roster: this.#options.names, signer: this.#signerOf(name) };
    host.member = new Member(identity, this.#channels, {
      send: (to, channel, message) =>
        this.#transmit({ at: this.now, from: name, to, channel, message, stream: false }, life),
      stream: (to, channel, message) =>
        this.#transmit({ at: this.now, from: name, to, channel, message, stream: true }, life),
      setTimer: (delay, channel, timer) =>
        this.#at(this.now + delay, () => {
          if (host.up && this.#hosts.get(name) === host) host.member.timer(channel, timer);
        }),
      persist: (channel, record) => {
        const key = this.#channels[channel]?.name ?? '';
        const list = host.records.get(key) ?? [];
        list.push(structuredClone(record));
        host.records.set(key, list);
      },
      reply: (operation, outcome) => this.replies.set(operation, outcome),
      observe: (channel, observation) =>
        this.seen.push({ at: this.now, member: name, life, channel: this.#channels[channel]?.name ?? '', observation }),
      wallMs: () => 1_700_000_000_000 + this.now + (this.#options.skew?.(name) ?? 0),
      monotonicMs: () => this.now,
      random: (label) => split(seed, 'member', name, life, boot, label),
    });
    const seeds = options.seeds ?? this.#options.names.filter((other) => other !== name).slice(0, 2);
    host.member.start(restore ? structuredClone(records) : undefined, seeds);
  }

  /** For protocols that are set to sign: keys of this world's seed. */
  #signerOf(name: string): Signer | undefined {
    const { names, channels, seed = 'test' } = this.#options;
    if (!channels.some(({ settings }) => (settings as { readonly signed?: boolean } | null)?.signed === true))
      return undefined;
    this.#directory ??= new Map(names.map((member) => [member, publicKeyOf(privateKeyOf(seed, member))]));
    return createSigner(privateKeyOf(seed, name), this.#directory);
  }

  startAll(): void {
    for (const name of this.#options.names) this.start(name);
  }

  /** The process is gone; nothing more happens at it. */
  kill(name: string): void {
    const host = this.#hosts.get(name);
    if (host !== undefined) host.up = false;
  }

  operate(name: string, channel: string, id: number, f: string, value: Data): void {
    this.#hosts.get(name)?.member.operate(channel, id, f, value);
  }

  leave(name: string): void {
    this.#hosts.get(name)?.member.leave();
  }

  member(name: string): Member {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`no member ${name}`);
    return host.member;
  }

  view(name: string, channel = 0): Data {
    return this.member(name).view(channel);
  }

  /** Hands a message to a member as if `from` had sent it. */
  inject(to: string, from: string, fromLife: number, message: unknown, channel = 0): void {
    const host = this.#hosts.get(to);
    const decoded = host?.member.decode(channel, message);
    if (host?.up && decoded !== undefined) host.member.receive(channel, from, fromLife, decoded);
  }

  run(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      let best = -1;
      for (let i = 0; i < this.#queue.length; i++) {
        const a = this.#queue[i];
        const b = this.#queue[best];
        if (a !== undefined && (b === undefined || a.at < b.at || (a.at === b.at && a.order < b.order))) best = i;
      }
      const next = this.#queue[best];
      if (next === undefined || next.at > end) break;
      this.#queue[best] = this.#queue.at(-1) as typeof next;
      this.#queue.pop();
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }

  /** Runs until the condition holds; false when the limit passed first. */
  runUntil(condition: () => boolean, limitMs: number, stepMs = 10): boolean {
    const end = this.now + limitMs;
    while (!condition()) {
      if (this.now >= end) return false;
      this.run(stepMs);
    }
    return true;
  }

  #at(at: number, run: () => void): void {
    this.#queue.push({ at, order: this.#order++, run });
  }

  #transmit(sent: Sent, life: number): void {
    this.sent.push(sent);
    const latency = this.latency(sent);
    if (latency === undefined) return;
    this.#at(this.now + latency, () => {
      const host = this.#hosts.get(sent.to);
      if (!host?.up) return;
      // Every message goes through the protocol's own decode, as on a real wire.
      const decoded = host.member.decode(sent.channel, structuredClone(sent.message));
      if (decoded === undefined)
        throw new Error(`${sent.from} sent what decode refuses: ${JSON.stringify(sent.message)}`);
      host.member.receive(sent.channel, sent.from, life, decoded);
    });
  }
}
