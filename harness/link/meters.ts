/** What a member's host counts: traffic by kind for a stretch of time, and links by peer and epoch. */
import type { Count, LinkReceipt, LinksLine, TrafficLine } from '../model/history.ts';

type MutableCount = [number, number];

/** Messages and bytes by `channel.kind` since the last `take`. */
export class TrafficMeter {
  #sent = new Map<string, MutableCount>();
  #received = new Map<string, MutableCount>();
  #dropped = new Map<string, number>();

  sent(kind: string, bytes: number): void {
    count(this.#sent, kind, bytes);
  }

  received(kind: string, bytes: number): void {
    count(this.#received, kind, bytes);
  }

  dropped(reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  /** What was counted, sorted by name, and starts again from zero. */
  take(): Pick<TrafficLine, 'sent' | 'received' | 'dropped'> {
    const taken = { sent: sorted(this.#sent), received: sorted(this.#received), dropped: sorted(this.#dropped) };
    this.#sent = new Map();
    this.#received = new Map();
    this.#dropped = new Map();
    return taken;
  }
}

function count(counts: Map<string, MutableCount>, kind: string, bytes: number): void {
  const entry = counts.get(kind);
  if (entry === undefined) counts.set(kind, [1, bytes]);
  else {
    entry[0]++;
    entry[1] += bytes;
  }
}

function sorted<V>(map: ReadonlyMap<string, V>): Record<string, V> {
  // Most members drop nothing for most of the time.
  if (map.size === 0) return {};
  const names = [...map.keys()].sort();
  const out: Record<string, V> = {};
  for (const name of names) out[name] = map.get(name) as V;
  return out;
}

type MutableReceipt = { -readonly [K in keyof LinkReceipt]: LinkReceipt[K] };

interface EpochCounts {
  readonly sent: Map<string, MutableCount>;
  readonly received: Map<string, MutableReceipt>;
  readonly corrupted: Map<string, number>;
}

/** Sequence numbers seen from one peer in one life: which came, within a window behind the highest. */
class Window {
  static readonly #SIZE = 256;
  readonly #slots = new Int32Array(Window.#SIZE).fill(-1);
  #highest = -1;

  /** Notes a number; says whether it came before, and whether a later one did. */
  note(sequence: number): { duplicate: boolean; overtaken: boolean } {
    const slot = sequence % Window.#SIZE;
    const duplicate = this.#slots[slot] === sequence;
    const overtaken = !duplicate && sequence < this.#highest;
    this.#slots[slot] = sequence;
    if (sequence > this.#highest) this.#highest = sequence;
    return { duplicate, overtaken };
  }
}

/** Per link and epoch, for one boot of one member. */
export class LinkMeter {
  readonly #epochs = new Map<number, EpochCounts>();
  readonly #windows = new Map<string, { key: number; window: Window }>();
  /** The epoch that was counted in last, which is nearly always the next one's too. */
  #last: { readonly epoch: number; readonly counts: EpochCounts } | undefined;

  sent(epoch: number, to: string, bytes: number): void {
    count(this.#epoch(epoch).sent, to, bytes);
  }

  /**
   * `epoch` and `sequence` are the sender's, as its frame states them. `boot` tells the sender's boots apart: each
   * counts its sequence numbers anew.
   */
  received(epoch: number, from: string, boot: number, sequence: number, bytes: number, delayMs: number): void {
    let known = this.#windows.get(from);
    if (known === undefined || known.key !== boot) {
      known = { key: boot, window: new Window() };
      this.#windows.set(from, known);
    }
    const { duplicate, overtaken } = known.window.note(sequence);
    const receipts = this.#epoch(epoch).received;
    let receipt = receipts.get(from);
    if (receipt === undefined) {
      receipt = {
        received: 0,
        bytes: 0,
        duplicates: 0,
        overtaken: 0,
        delaySum: 0,
        delaySquares: 0,
        delayMin: delayMs,
        delayMax: delayMs,
      };
      receipts.set(from, receipt);
    }
    receipt.received++;
    receipt.bytes += bytes;
    if (duplicate) receipt.duplicates++;
    if (overtaken) receipt.overtaken++;
    receipt.delaySum += delayMs;
    receipt.delaySquares += delayMs * delayMs;
    if (delayMs < receipt.delayMin) receipt.delayMin = delayMs;
    if (delayMs > receipt.delayMax) receipt.delayMax = delayMs;
  }

  corrupted(epoch: number, from: string): void {
    const corrupted = this.#epoch(epoch).corrupted;
    corrupted.set(from, (corrupted.get(from) ?? 0) + 1);
  }

  /** One line per epoch in which anything was counted, in order. */
  lines(time: number, member: string, life: number): LinksLine[] {
    return [...this.#epochs]
      .sort(([a], [b]) => a - b)
      .map(([epoch, counts]) => ({
        type: 'links',
        time,
        member,
        life,
        epoch,
        sent: sorted<Count>(counts.sent),
        received: sorted<LinkReceipt>(counts.received),
        corrupted: sorted(counts.corrupted),
      }));
  }

  #epoch(epoch: number): EpochCounts {
    if (this.#last?.epoch === epoch) return this.#last.counts;
    let counts = this.#epochs.get(epoch);
    if (counts === undefined) {
      counts = { sent: new Map(), received: new Map(), corrupted: new Map() };
      this.#epochs.set(epoch, counts);
    }
    this.#last = { epoch, counts };
    return counts;
  }
}
