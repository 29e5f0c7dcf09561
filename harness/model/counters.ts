/** What the kernel counted at each member's device during a run: kept beside the history and no part of it. */

export const COUNTERS_FORMAT = 'hearsay-counters';
export const COUNTERS_VERSION = 1;

/** Ethernet, IPv4 without options, and UDP: what the kernel counts of a datagram beside its payload. */
export const HEADER_BYTES = 14 + 20 + 8;

export interface Counter {
  readonly packets: number;
  /** Headers of Ethernet, IP and UDP or TCP included. */
  readonly bytes: number;
}

export interface DeviceCounters {
  readonly sent: Counter;
  readonly received: Counter;
}

export interface MemberCounters extends DeviceCounters {
  readonly member: string;
}

export interface KernelCounters {
  readonly format: typeof COUNTERS_FORMAT;
  readonly version: typeof COUNTERS_VERSION;
  readonly members: readonly MemberCounters[];
}

/** `before`: what had been counted when the run began; absent: nothing. */
export function kernelCounters(
  after: ReadonlyMap<string, DeviceCounters>,
  before: ReadonlyMap<string, DeviceCounters> = new Map(),
): KernelCounters {
  const members = [...after].map(([member, { sent, received }]) => {
    const first = before.get(member);
    return { member, sent: less(sent, first?.sent), received: less(received, first?.received) };
  });
  return { format: COUNTERS_FORMAT, version: COUNTERS_VERSION, members };
}

function less(after: Counter, before: Counter | undefined): Counter {
  return { packets: after.packets - (before?.packets ?? 0), bytes: after.bytes - (before?.bytes ?? 0) };
}
