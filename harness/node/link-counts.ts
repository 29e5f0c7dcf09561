/**
 * Per-link totals of one boot, handed over as they grow: a member that is killed cannot write at its end, so the
 * controller keeps the latest line of each epoch and writes it when the boot is over.
 */
import { LinkMeter } from '../link/meters.ts';
import type { LinksLine } from '../model/history.ts';

/** Sequence numbers carry the sender's boot in their highest byte: each boot counts its datagrams anew. */
const BOOT_SHIFT = 24;

/** The number of the first datagram of a boot on each link, uint32. */
export function firstSequence(boot: number): number {
  return (boot << BOOT_SHIFT) >>> 0;
}

export class LinkCounts {
  readonly #meter = new LinkMeter();
  readonly #touched = new Set<number>();

  sent(epoch: number, to: string, bytes: number): void {
    this.#touched.add(epoch);
    this.#meter.sent(epoch, to, bytes);
  }

  /** `life`, `epoch` and `sequence` are the sender's, as its frame states them. */
  received(from: string, life: number, epoch: number, sequence: number, bytes: number, delayMs: number): void {
    this.#touched.add(epoch);
    const boot = life * 256 + (sequence >>> BOOT_SHIFT);
    this.#meter.received(epoch, from, boot, sequence, bytes, delayMs);
  }

  corrupted(epoch: number, from: string): void {
    this.#touched.add(epoch);
    this.#meter.corrupted(epoch, from);
  }

  /** The whole lines of the epochs that have changed since the last call. */
  takeChanged(time: number, member: string, life: number): LinksLine[] {
    const lines = this.#meter.lines(time, member, life).filter((line) => this.#touched.has(line.epoch));
    this.#touched.clear();
    return lines;
  }
}
