/** The clocks of a run's hosts: compared before the run, which is how members' times are converted, and again after it. */
import type { ProbedClock } from '../../../nemesis/linux/calibrate.ts';
import type { HostClock } from '../../model/history.ts';
import type { SiteClocks } from '../real/site.ts';
import type { Comparison } from './clock-comparison.ts';

export interface ClockedHost {
  readonly host: string;
  readonly members: readonly string[];
  /** Compares this machine's clocks with those there. */
  compare(): Promise<Comparison>;
}

interface Entry extends ClockedHost {
  readonly first: Comparison;
  readonly probed: ProbedClock;
  last: Comparison;
}

export class EngineClocks implements SiteClocks {
  readonly #entries: readonly Entry[];

  /** Rejects where a host does not answer. */
  static async start(hosts: readonly ClockedHost[]): Promise<EngineClocks> {
    const entries: Entry[] = [];
    // One after the other, since each would make the others' round trips longer.
    for (const one of hosts) {
      const first = await one.compare();
      const { host, members } = one;
      const probed = { aheadMs: Number(first.monotonicNs) / 1e6, uncertaintyMs: first.uncertaintyMs };
      entries.push({ host, members, compare: () => one.compare(), first, last: first, probed });
    }
    return new EngineClocks(entries);
  }

  private constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  aheadOf(member: string): { readonly monotonicNs: bigint; readonly wallMs: number } {
    return this.#entryOf(member)?.first ?? { monotonicNs: 0n, wallMs: 0 };
  }

  /** The very same for all members of one host. */
  probedClockOf(member: string): ProbedClock | undefined {
    return this.#entryOf(member)?.probed;
  }

  get latest(): readonly HostClock[] {
    return this.#entries.map(({ host, members, first, last }) => ({
      host,
      members,
      errorMs: Number(last.monotonicNs - first.monotonicNs) / 1e6,
      uncertaintyMs: last.uncertaintyMs,
    }));
  }

  async compare(): Promise<void> {
    for (const entry of this.#entries) {
      const now = await entry.compare().catch(() => undefined);
      if (now !== undefined) entry.last = now;
    }
  }

  #entryOf(member: string): Entry | undefined {
    return this.#entries.find(({ members }) => members.includes(member));
  }
}
