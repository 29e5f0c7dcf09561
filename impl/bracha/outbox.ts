/**
 * Links that lose nothing for good, which Bracha's proof assumes, over datagrams that get lost: a vote to a peer is sent
 * at once and again, at intervals that double up to a limit, until the peer acknowledges it or nobody needs it any more.
 *
 * What one step has to say to a peer travels in one message where it fits. Acknowledgements wait a little for votes to
 * ride with. At most WINDOW_VOTES are on their way to a peer at a time, so that one that comes back after a long cut
 * is not buried under the backlog.
 */
import { messageBytes } from '../wire/data.ts';
import type { Ack, BrachaMessage, Phase, Vote } from './messages.ts';
import { MAX_BATCH_BYTES } from './messages.ts';

const WINDOW_VOTES = 128;
/** Acknowledgements are sent at once when this many wait. */
const ACKS_AT_ONCE = 64;
/** Timers of a clock with fractions may fire this much early, ms. */
const EARLY_MS = 0.5;

interface Entry {
  readonly vote: Vote;
  /** As encoded. */
  readonly bytes: number;
}

interface Peer {
  readonly name: string;
  /** Not sent yet, oldest first, by `voteKey`. */
  readonly fresh: Map<number, Entry>;
  /** Sent and not acknowledged, oldest first. */
  readonly flying: Map<number, Entry>;
  acks: Ack[];
  /** Life of the peer that `acks` answer. */
  ackedLife: number;
  /** ms on the member's monotonic clock; Infinity while none waits. */
  ackDueAt: number;
  resendDueAt: number;
  intervalMs: number;
}

export interface OutboxSettings {
  readonly resendMs: number;
  readonly resendMaxMs: number;
  readonly ackDelayMs: number;
}

export interface OutboxPorts {
  monotonic(): number;
  send(to: string, message: BrachaMessage): void;
  setTimer(delayMs: number, timer: number): void;
}

/** Tells a vote of one member from all its other votes: correct members vote once per instance and phase. */
export function voteKey(phase: Phase, instance: number): number {
  return 3 * instance + phase;
}

export class Outbox {
  readonly #settings: OutboxSettings;
  readonly #peers = new Map<string, Peer>();
  #wakeAt = Number.POSITIVE_INFINITY;
  /** Only the timer set last counts; its data is this number. */
  #wakeToken = 0;
  /** Some peer may have something to be sent now. */
  #dirty = false;
  /** Earliest time at which anything that was put off since the last full flush is due. */
  #soonest = Number.POSITIVE_INFINITY;

  constructor(peers: readonly string[], settings: OutboxSettings) {
    this.#settings = settings;
    for (const name of peers) {
      this.#peers.set(name, {
        name,
        fresh: new Map(),
        flying: new Map(),
        acks: [],
        ackedLife: 0,
        ackDueAt: Number.POSITIVE_INFINITY,
        resendDueAt: Number.POSITIVE_INFINITY,
        intervalMs: settings.resendMs,
      });
    }
  }

  get peerCount(): number {
    return this.#peers.size;
  }

  /** To every peer, with the next `flush`. */
  post(key: number, vote: Vote): void {
    const entry = { vote, bytes: messageBytes(vote) };
    for (const peer of this.#peers.values()) peer.fresh.set(key, entry);
    this.#dirty = true;
  }

  /** Nobody needs this vote any more. Returns how many peers had not acknowledged it. */
  withdraw(key: number): number {
    let withdrawn = 0;
    for (const peer of this.#peers.values()) {
      if (peer.fresh.delete(key) || peer.flying.delete(key)) withdrawn++;
      if (peer.flying.size === 0) this.#settle(peer);
    }
    return withdrawn;
  }

  /** A peer's life has this vote. False when it was not waited for, or a later life has spoken: that one has nothing. */
  acknowledged(from: string, life: number, key: number, ports: OutboxPorts): boolean {
    const peer = this.#peers.get(from);
    if (peer === undefined || life < peer.ackedLife) return false;
    if (!(peer.flying.delete(key) || peer.fresh.delete(key))) return false;
    // It answers: what else is under way gets a full interval again.
    this.#settle(peer);
    if (peer.flying.size > 0) this.#putOff(peer, ports.monotonic() + peer.intervalMs);
    if (peer.fresh.size > 0) this.#dirty = true;
    return true;
  }

  #settle(peer: Peer): void {
    peer.intervalMs = this.#settings.resendMs;
    if (peer.flying.size === 0) peer.resendDueAt = Number.POSITIVE_INFINITY;
  }

  #putOff(peer: Peer, until: number): void {
    peer.resendDueAt = until;
    this.#soonest = Math.min(this.#soonest, until);
  }

  /** Owes a peer's life this acknowledgement. */
  owe(to: string, life: number, ack: Ack, ports: OutboxPorts): void {
    const peer = this.#peers.get(to);
    if (peer === undefined || life < peer.ackedLife) return;
    if (life > peer.ackedLife) peer.acks = [];
    peer.ackedLife = life;
    peer.acks.push(ack);
    const delay = peer.acks.length >= ACKS_AT_ONCE ? 0 : this.#settings.ackDelayMs;
    peer.ackDueAt = Math.min(peer.ackDueAt, ports.monotonic() + delay);
    this.#soonest = Math.min(this.#soonest, peer.ackDueAt);
  }

  /** Ends each step: sends what is new and sees to the timer. */
  flush(ports: OutboxPorts): void {
    const now = ports.monotonic();
    if (this.#dirty || this.#soonest <= now + EARLY_MS) this.#visit(now, ports);
    if (this.#soonest >= this.#wakeAt) return;
    this.#wakeAt = this.#soonest;
    this.#wakeToken++;
    ports.setTimer(Math.max(0, this.#wakeAt - now), this.#wakeToken);
  }

  #visit(now: number, ports: OutboxPorts): void {
    this.#dirty = false;
    this.#soonest = Number.POSITIVE_INFINITY;
    for (const peer of this.#peers.values()) {
      if (peer.fresh.size > 0 && peer.flying.size < WINDOW_VOTES) this.#sendFresh(peer, now, ports);
      if (peer.resendDueAt <= now + EARLY_MS) this.#resend(peer, now, ports);
      if (peer.ackDueAt <= now + EARLY_MS) this.#pack(peer, [], ports);
      this.#soonest = Math.min(this.#soonest, peer.ackDueAt, peer.resendDueAt);
    }
  }

  /** The timer with this number fired: `flush` is due, unless a later one was set. */
  woken(token: unknown): void {
    if (token !== this.#wakeToken) return;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#dirty = true;
  }

  #sendFresh(peer: Peer, now: number, ports: OutboxPorts): void {
    if (peer.flying.size === 0) peer.resendDueAt = now + peer.intervalMs;
    const entries: Entry[] = [];
    for (const [key, entry] of peer.fresh) {
      if (peer.flying.size >= WINDOW_VOTES) break;
      peer.fresh.delete(key);
      peer.flying.set(key, entry);
      entries.push(entry);
    }
    this.#pack(peer, entries, ports);
  }

  #resend(peer: Peer, now: number, ports: OutboxPorts): void {
    peer.intervalMs = Math.min(2 * peer.intervalMs, this.#settings.resendMaxMs);
    peer.resendDueAt = now + peer.intervalMs;
    this.#pack(peer, [...peer.flying.values()], ports);
  }

  /** Sends these votes, and the acknowledgements that wait, in as few messages as they fit into. */
  #pack(peer: Peer, entries: readonly Entry[], ports: OutboxPorts): void {
    const { ackedLife } = peer;
    let votes: Vote[] = [];
    let acks: Ack[] = [];
    let bytes = 0;
    const room = (needed: number): void => {
      if (bytes + needed > MAX_BATCH_BYTES) {
        ports.send(peer.name, { votes, acks, ackedLife });
        votes = [];
        acks = [];
        bytes = 0;
      }
      bytes += needed;
    };
    for (const entry of entries) {
      room(entry.bytes);
      votes.push(entry.vote);
    }
    for (const ack of peer.acks) {
      room(messageBytes(ack));
      acks.push(ack);
    }
    peer.acks = [];
    peer.ackDueAt = Number.POSITIVE_INFINITY;
    if (bytes > 0) ports.send(peer.name, { votes, acks, ackedLife });
  }
}
