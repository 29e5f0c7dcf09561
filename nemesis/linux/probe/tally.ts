/** What arrived over one directed link. Pure. */
import { HEADER_BYTES } from '../../../harness/model/counters.ts';
import type { Arrivals, DelaySummary } from './protocol.ts';

/** From the text of /proc/net/snmp (RFC 4113's counters): datagrams that sockets of the namespace had no room for. */
export function overrunOf(text: string): number {
  const [names, values] = text
    .split('\n')
    .filter((line) => line.startsWith('Udp: '))
    .map((line) => line.split(' '));
  const at = names?.indexOf('RcvbufErrors') ?? -1;
  return at === -1 ? 0 : Number(values?.[at]);
}

export class Tally {
  readonly #seen = new Set<number>();
  readonly #delaysMs: number[] = [];
  #copies = 0;
  #reordered = 0;
  #highest = -1;
  #damaged = 0;
  #bytes = 0;
  #firstNs: bigint | undefined;
  #lastNs = 0n;

  damaged(): void {
    this.#damaged++;
  }

  arrived(sequence: number, sentNs: bigint, nowNs: bigint, payloadBytes: number): void {
    if (this.#firstNs === undefined) this.#firstNs = nowNs;
    else this.#bytes += payloadBytes + HEADER_BYTES;
    this.#lastNs = nowNs;
    if (this.#seen.has(sequence)) {
      this.#copies++;
      return;
    }
    this.#seen.add(sequence);
    if (sequence < this.#highest) this.#reordered++;
    this.#highest = Math.max(this.#highest, sequence);
    this.#delaysMs.push(Number(nowNs - sentNs) / 1e6);
  }

  /** Datagrams of any kind so far. */
  get total(): number {
    return this.#seen.size + this.#copies + this.#damaged;
  }

  arrivals(from: number): Arrivals {
    return {
      from,
      received: this.#seen.size,
      copies: this.#copies,
      reordered: this.#reordered,
      damaged: this.#damaged,
      delay: summary(this.#delaysMs),
      bytes: this.#bytes,
      spanMs: this.#firstNs === undefined ? 0 : Number(this.#lastNs - this.#firstNs) / 1e6,
    };
  }
}

function summary(delaysMs: readonly number[]): DelaySummary {
  const sorted = [...delaysMs].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const count = Math.max(1, sorted.length);
  const meanMs = sorted.reduce((sum, ms) => sum + ms, 0) / count;
  const variance = sorted.reduce((sum, ms) => sum + (ms - meanMs) ** 2, 0) / Math.max(1, count - 1);
  return {
    meanMs,
    deviationMs: Math.sqrt(variance),
    minMs: at(0),
    p1Ms: at(0.01),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
  };
}
