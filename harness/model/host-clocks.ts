/** How far times of members on different hosts can be compared: a fold over `clocks` lines. Nothing to say on one host. */
import type { ClocksLine } from './history.ts';

/** ms, either way. */
export interface HostBound {
  readonly host: string;
  readonly members: readonly string[];
  readonly boundMs: number;
}

export class HostClocks {
  readonly #bounds = new Map<string, HostBound>();
  readonly #hostOf = new Map<string, string>();

  /** A clock's error grows steadily, so what it was at both ends bounds what it was in between. */
  line({ hosts }: ClocksLine): void {
    for (const { host, members, errorMs, uncertaintyMs } of hosts) {
      const boundMs = Math.max(this.#bounds.get(host)?.boundMs ?? 0, Math.abs(errorMs) + uncertaintyMs);
      this.#bounds.set(host, { host, members, boundMs });
      for (const member of members) this.#hostOf.set(member, host);
    }
  }

  get hosts(): readonly HostBound[] {
    return [...this.#bounds.values()];
  }

  /** By how much a time of this member may differ from the controller's clock, ms. */
  boundMs(member: string): number {
    return this.#bounds.get(this.#hostOf.get(member) ?? '')?.boundMs ?? 0;
  }

  /** By how much a one-way delay between two members may be off, ms; 0 on one host, whose times share their error. */
  betweenMs(from: string, to: string): number {
    return this.#hostOf.get(from) === this.#hostOf.get(to) ? 0 : this.boundMs(from) + this.boundMs(to);
  }

  /** The most that a time of any member may differ from the controller's clock, ms. */
  get mostMs(): number {
    return Math.max(0, ...this.hosts.map((one) => one.boundMs));
  }

  /** The most that a one-way delay between two members may be off, ms. */
  get mostBetweenMs(): number {
    const [most = 0, next = 0] = this.hosts.map((one) => one.boundMs).sort((a, b) => b - a);
    return this.hosts.length < 2 ? 0 : most + next;
  }
}
