/** Bytes sent over time: by member, and by channel and kind of message; and what each member sent and received in all. */
import type { TrafficLine } from '../../harness/model/history.ts';
import type { Plan } from '../../harness/model/plan.ts';
import { TimeGrid } from './time-grid.ts';

export interface Series {
  readonly name: string;
  readonly totalBytes: number;
  readonly totalMessages: number;
  /** Bytes per second, by bin. */
  readonly rates: readonly number[];
}

export interface Total {
  messages: number;
  bytes: number;
}

/** By a member's own count. Bytes are whole datagrams and stream payloads, without headers. */
export interface MemberTotal {
  readonly sent: Total;
  readonly received: Total;
}

interface Sum {
  bytes: number;
  messages: number;
  readonly bins: Float64Array;
}

const MOST_KINDS = 60;
const MOST_MEMBERS = 2000;
const MOST_REASONS = 40;

export class TrafficFold {
  readonly grid: TimeGrid;
  readonly #members = new Map<string, Sum>();
  readonly #kinds = new Map<string, Sum>();
  readonly #dropped = new Map<string, number>();
  readonly #totals = new Map<string, MemberTotal>();
  #last = 0;

  constructor(plan: Plan) {
    this.grid = new TimeGrid(plan, 90, 1000);
  }

  line(line: TrafficLine): void {
    const from = Math.min(line.since, line.time);
    this.#last = Math.max(this.#last, line.time);
    let bytes = 0;
    let messages = 0;
    for (const [kind, count] of Object.entries(line.sent)) {
      messages += count[0];
      bytes += count[1];
      this.#add(this.#sum(this.#kinds, kind, MOST_KINDS), count[0], count[1], from, line.time);
    }
    this.#count(line);
    this.#add(this.#sum(this.#members, line.member, MOST_MEMBERS), messages, bytes, from, line.time);
    for (const [reason, count] of Object.entries(line.dropped)) {
      const name = this.#dropped.has(reason) || this.#dropped.size < MOST_REASONS ? reason : 'other reasons';
      this.#dropped.set(name, (this.#dropped.get(name) ?? 0) + count);
    }
  }

  #count(line: TrafficLine): void {
    let total = this.#totals.get(line.member);
    if (total === undefined) {
      if (this.#totals.size >= MOST_MEMBERS) return;
      total = { sent: { messages: 0, bytes: 0 }, received: { messages: 0, bytes: 0 } };
      this.#totals.set(line.member, total);
    }
    for (const direction of ['sent', 'received'] as const) {
      for (const [messages, bytes] of Object.values(line[direction])) {
        total[direction].messages += messages;
        total[direction].bytes += bytes;
      }
    }
  }

  /** undefined: nothing is known of it. */
  total(member: string): MemberTotal | undefined {
    return this.#totals.get(member);
  }

  #sum(sums: Map<string, Sum>, name: string, most: number): Sum {
    const key = sums.has(name) || sums.size < most ? name : 'others';
    let sum = sums.get(key);
    if (sum === undefined) {
      sum = { bytes: 0, messages: 0, bins: new Float64Array(this.grid.bins) };
      sums.set(key, sum);
    }
    return sum;
  }

  /** An interval that lies over several bins is split by time. */
  #add(sum: Sum, messages: number, bytes: number, from: number, until: number): void {
    sum.messages += messages;
    sum.bytes += bytes;
    const first = this.grid.bin(from);
    const last = Math.max(first, this.grid.bin(Math.max(from, until - 1)));
    for (let bin = first; bin <= last; bin++) {
      const begin = Math.max(from, bin * this.grid.width);
      const end = bin === last ? until : (bin + 1) * this.grid.width;
      const share = first === last ? 1 : Math.max(0, end - begin) / (until - from);
      sum.bins[bin] = (sum.bins[bin] ?? 0) + bytes * share;
    }
  }

  #series(sums: Map<string, Sum>): Series[] {
    const used = this.grid.bin(Math.max(0, this.#last - 1)) + 1;
    // The last bin may be cut short by the end of the run: its rate counts the part that was measured.
    const rest = (this.#last - (used - 1) * this.grid.width) / 1e9;
    const full = this.grid.width / 1e9;
    return [...sums].map(([name, sum]) => ({
      name,
      totalBytes: sum.bytes,
      totalMessages: sum.messages,
      rates: [...sum.bins.subarray(0, used)].map((bytes, bin) =>
        Math.round(bytes / (bin === used - 1 ? Math.max(rest, full / 4) : full)),
      ),
    }));
  }

  members(): readonly Series[] {
    return this.#series(this.#members);
  }

  /** Heaviest first. */
  kinds(): readonly Series[] {
    return this.#series(this.#kinds).sort((a, b) => b.totalBytes - a.totalBytes);
  }

  dropped(): readonly { readonly reason: string; readonly count: number }[] {
    return [...this.#dropped].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
  }
}
