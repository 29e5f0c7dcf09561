/** What calibration and its probes say to each other: JSON lines on the probe's stdin and stdout. */

export interface ProbeEnd {
  readonly address: string;
  readonly port: number;
}

export type ProbeCommand =
  /**
   * The first line, and again before each further round: all ends, and which of them this probe is. Nothing of earlier
   * rounds counts from here. Answered by `bound`.
   */
  | { readonly type: 'bind'; readonly self: number; readonly ends: readonly ProbeEnd[]; readonly round: number }
  /** To each target, one datagram every `everyMs`. Answered by `sent` when the last one has left. */
  | {
      readonly type: 'send';
      readonly targets: readonly number[];
      readonly datagrams: number;
      readonly everyMs: number;
      readonly payloadBytes: number;
    }
  /** Answered by `report`. */
  | { readonly type: 'report' };

export type ProbeReply =
  | { readonly type: 'bound' }
  /** `unsent`: the system refused them, so the link cannot have lost them. */
  | { readonly type: 'sent'; readonly unsent: readonly { readonly target: number; readonly count: number }[] }
  /** `overrun`: what sockets of this namespace had no room for since it was bound; the links did deliver it. */
  | { readonly type: 'report'; readonly arrivals: readonly Arrivals[]; readonly overrun: number }
  | { readonly type: 'failed'; readonly reason: string };

/** Rounds are told apart by sequence numbers: in each there are fewer datagrams a link than this. */
export const ROUND_DATAGRAMS = 2 ** 20;

/** What one probe received from one other. */
export interface Arrivals {
  readonly from: number;
  /** Intact datagrams, each counted once. */
  readonly received: number;
  /** Further copies of them. */
  readonly copies: number;
  /** Those that came after one that was sent later. */
  readonly reordered: number;
  /** Those whose bytes were not what was sent. */
  readonly damaged: number;
  /** One-way, of first copies; the machine's monotonic clock is one for all its namespaces. */
  readonly delay: DelaySummary;
  /** Of all arrivals after the first, headers included, and the time they took: what the link let through. */
  readonly bytes: number;
  readonly spanMs: number;
}

export interface DelaySummary {
  readonly meanMs: number;
  readonly deviationMs: number;
  readonly minMs: number;
  readonly p1Ms: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}
