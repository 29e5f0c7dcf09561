/** What links really do: numbered datagrams over each directed link, counted where they arrive. */
import { type Mean, meanOf, type Share, shareOf } from './intervals.ts';
import { LineProgram } from './line-program.ts';
import type { LinkMember } from './link-rule.ts';
import type { Arrivals, DelaySummary, ProbeCommand, ProbeReply } from './probe/protocol.ts';
import type { NamespaceShell } from './shell.ts';

export interface ProbedMember {
  readonly member: LinkMember;
  readonly shell: NamespaceShell;
  /** Absent: its clock is that of all others that have none either. */
  readonly clock?: ProbedClock | undefined;
}

/** A monotonic clock beside that of the controller. */
export interface ProbedClock {
  readonly aheadMs: number;
  /** How far `aheadMs` may be off, either way. Members of one host have the very same. */
  readonly uncertaintyMs: number;
}

export interface ProbesOptions {
  readonly members: readonly ProbedMember[];
  /** Starts the probe, as the shells see it (node and dist/probe.js). */
  readonly probeCommand: readonly string[];
  /** UDP port of the probes, the same in every namespace; the `probePort` of its MemberNetwork. */
  readonly port: number;
}

export interface RoundOptions {
  /** Directed links to probe, by name; absent: all. */
  readonly links?: readonly { readonly from: string; readonly to: string }[];
  /** Per link, fewer than 2^20. */
  readonly datagrams: number;
  readonly everyMs: number;
  readonly payloadBytes: number;
  /** All has arrived when nothing came for so long: more than the longest delay. Absent: half a second. */
  readonly settleMs?: number;
}

export type CalibrationOptions = ProbesOptions & RoundOptions;

/** Shares are of the datagrams sent (`lost`) or received; intervals are of 99 %. */
export interface LinkMeasure {
  readonly from: string;
  readonly to: string;
  readonly sent: number;
  readonly received: number;
  /** Damaged ones among them. */
  readonly lost: Share;
  readonly damaged: Share;
  readonly duplicated: Share;
  readonly reordered: Share;
  /** Between hosts, by clocks that were compared. */
  readonly delay: DelaySummary & { readonly interval: Mean };
  /** How far one-way delays may be off, either way, by what is not known of the two ends' clocks; 0 on one host. */
  readonly clockMs: number;
  /**
   * Datagrams for which sockets at the receiving end had no room, of all links that end there together. Above 0, the machine was too
   * slow for the pace, and losses are no measure of the link.
   */
  readonly overrun: number;
  /** Headers of Ethernet, IP and UDP included; 0 where fewer than two arrived. */
  readonly bitsPerSecond: number;
}

const SETTLE_MS = 500;
/** No link is waited for longer than that. */
const SETTLE_ROUNDS = 40;

type Probe = LineProgram<ProbeCommand, ProbeReply>;

/** One round. Throws CommandError where a probe cannot be run. Leaves no program behind. */
export async function calibrate(options: CalibrationOptions): Promise<LinkMeasure[]> {
  const probes = new Probes(options);
  try {
    return await probes.measure(options);
  } finally {
    await probes.stop();
  }
}

/** A probe in each namespace, for one round after the other. */
export class Probes {
  readonly #options: ProbesOptions;
  readonly #probes: readonly Probe[];
  #rounds = 0;

  /** To be stopped, whatever happens. Throws CommandError where a member has no namespace. */
  constructor(options: ProbesOptions) {
    this.#options = options;
    this.#probes = options.members.map(({ shell }): Probe => new LineProgram(shell, options.probeCommand));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#probes.map((probe) => probe.stop()));
  }

  /** Throws CommandError where a probe does not run. */
  async measure({ datagrams, everyMs, payloadBytes, settleMs, links }: RoundOptions): Promise<LinkMeasure[]> {
    const { members, port } = this.#options;
    const probes = this.#probes;
    const round = this.#rounds++;
    const names = members.map(({ member }) => member.name);
    const probed = links ?? names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));
    const ends = members.map(({ member }) => ({ address: member.address, port }));
    await Promise.all(probes.map((probe, self) => probe.ask({ type: 'bind', self, ends, round }, 'bound')));
    const sent = await Promise.all(
      probes.map(async (probe, self) => {
        const targets = probed.filter(({ from }) => from === names[self]).map(({ to }) => names.indexOf(to));
        const reply = await probe.ask({ type: 'send', targets, datagrams, everyMs, payloadBytes }, 'sent');
        return new Map(reply.unsent.map(({ target, count }) => [target, datagrams - count]));
      }),
    );
    const reports = await settled(probes, settleMs ?? SETTLE_MS);
    return probed.map((link) => {
      const [from, to] = [names.indexOf(link.from), names.indexOf(link.to)];
      const at = reports[to]?.arrivals.find((entry) => entry.from === from);
      const clocks = betweenClocks(members[from]?.clock, members[to]?.clock);
      return linkMeasure(link, sent[from]?.get(to) ?? datagrams, at, reports[to]?.overrun ?? 0, clocks);
    });
  }
}

type Report = Extract<ProbeReply, { type: 'report' }>;

/** Asks until two reports in a row, `settleMs` apart, are equal. */
async function settled(probes: readonly Probe[], settleMs: number): Promise<readonly Report[]> {
  const ask = (): Promise<Report[]> => Promise.all(probes.map((probe) => probe.ask({ type: 'report' }, 'report')));
  let before = await ask();
  for (let round = 0; round < SETTLE_ROUNDS; round++) {
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const now = await ask();
    if (JSON.stringify(now) === JSON.stringify(before)) break;
    before = now;
  }
  return before;
}

/** What a receiver's clock adds to a one-way delay, and how far that may be off. */
export function betweenClocks(
  from: ProbedClock | undefined,
  to: ProbedClock | undefined,
): { readonly aheadMs: number; readonly uncertaintyMs: number } {
  // Of one host both ends share what is not known.
  if (from === to) return { aheadMs: 0, uncertaintyMs: 0 };
  return {
    aheadMs: (to?.aheadMs ?? 0) - (from?.aheadMs ?? 0),
    uncertaintyMs: (to?.uncertaintyMs ?? 0) + (from?.uncertaintyMs ?? 0),
  };
}

function linkMeasure(
  { from, to }: { readonly from: string; readonly to: string },
  sent: number,
  arrivals: Arrivals | undefined,
  overrun: number,
  clocks: ReturnType<typeof betweenClocks>,
): LinkMeasure {
  const { received, copies, reordered, damaged, bytes, spanMs } = arrivals ?? NOTHING;
  const delay = arrivals === undefined || received === 0 ? NOTHING.delay : earlier(arrivals.delay, clocks.aheadMs);
  return {
    from,
    to,
    sent,
    received,
    lost: shareOf(Math.max(0, sent - received), sent),
    damaged: shareOf(Math.min(damaged, sent), sent),
    duplicated: shareOf(Math.min(copies, received), received),
    reordered: shareOf(reordered, received),
    delay: { ...delay, interval: meanOf(delay.meanMs, delay.deviationMs, received) },
    clockMs: clocks.uncertaintyMs,
    overrun,
    bitsPerSecond: spanMs === 0 ? 0 : (bytes * 8000) / spanMs,
  };
}

function earlier(delay: DelaySummary, byMs: number): DelaySummary {
  return {
    meanMs: delay.meanMs - byMs,
    deviationMs: delay.deviationMs,
    minMs: delay.minMs - byMs,
    p1Ms: delay.p1Ms - byMs,
    p50Ms: delay.p50Ms - byMs,
    p99Ms: delay.p99Ms - byMs,
    maxMs: delay.maxMs - byMs,
  };
}

const NOTHING: Arrivals = {
  from: -1,
  received: 0,
  copies: 0,
  reordered: 0,
  damaged: 0,
  delay: { meanMs: 0, deviationMs: 0, minMs: 0, p1Ms: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 },
  bytes: 0,
  spanMs: 0,
};
