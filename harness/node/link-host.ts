/** What datagrams and streams share: who the member is, whom it can reach, the shim's rules, and where counts go. */
import type { Authenticator, Decoded } from '../../impl/wire/frame.ts';
import type { BaseLatency } from '../link/base-latency.ts';
import type { TrafficMeter } from '../link/meters.ts';
import type { LinkShaper } from '../link/shaper.ts';
import type { Alarms } from './alarms.ts';
import type { PeerAddress } from './control.ts';
import type { LinkCounts } from './link-counts.ts';

export class AddressBook {
  readonly #byName = new Map<string, PeerAddress>();
  readonly #byAddress = new Map<string, string>();

  constructor(peers: readonly PeerAddress[]) {
    for (const peer of peers) {
      this.#byName.set(peer.name, peer);
      this.#byAddress.set(`${peer.host}:${peer.port}`, peer.name);
    }
  }

  addressOf(name: string): PeerAddress | undefined {
    return this.#byName.get(name);
  }

  nameOf(host: string, port: number): string | undefined {
    return this.#byAddress.get(`${host}:${port}`);
  }
}

export interface LinkHost {
  readonly self: string;
  readonly life: number;
  readonly boot: number;
  readonly cluster: number;
  readonly seed: string;
  readonly book: AddressBook;
  readonly shaper: LinkShaper;
  /** What the plan's links have for the whole run. */
  readonly base: BaseLatency;
  readonly alarms: Alarms;
  readonly traffic: TrafficMeter;
  readonly links: LinkCounts;
  /** ns since the run's start. */
  now(): number;
  /** The epoch of the faults in force. */
  epoch(): number;
  authenticator(channel: string): Authenticator | undefined;
  kindOf(channel: string, message: unknown): string;
  /** The protocol's own check of what arrived; undefined for what is not one of its messages. */
  decode(channel: string, raw: unknown): unknown;
  deliver(from: string, life: number, channel: string, message: unknown): void;
}

/** Runs it once a slow member is free again, and at once at one that is. */
export function whenFree(host: LinkHost, action: () => void): void {
  const now = host.now();
  const until = host.shaper.heldUntilNs(host.self, now);
  if (until > now) host.alarms.at(until, action);
  else action();
}

/** Hands an intact frame's message to its protocol; counts and drops whatever is no message of a member's. */
export function accept(host: LinkHost, decoded: Decoded, bytes: number, sender: string | undefined): void {
  if ('dropped' in decoded) {
    host.traffic.dropped(decoded.dropped);
    return;
  }
  const { from, life, channel } = decoded.frame;
  // Whoever speaks for another member, or from nowhere in the plan, is none of ours.
  if (from !== sender) {
    host.traffic.dropped('foreign');
    return;
  }
  const message = host.decode(channel, decoded.frame.message);
  if (message === undefined) {
    host.traffic.dropped('malformed');
    return;
  }
  host.traffic.received(`${channel}.${host.kindOf(channel, message)}`, bytes);
  whenFree(host, () => host.deliver(from, life, channel, message));
}
