/** Client operations: how they ended by member and time, and how long they took by workload and time. */
import { build, type Histogram } from 'hdr-histogram-js';
import type { CompletionLine, InvokeLine } from '../../harness/model/history.ts';
import type { Plan } from '../../harness/model/plan.ts';
import { TimeGrid } from './time-grid.ts';

export type Ending = 'ok' | 'fail' | 'info';
export const ENDINGS: readonly Ending[] = ['ok', 'fail', 'info'];

export interface OperationCell {
  readonly member: string;
  readonly bin: number;
  readonly ending: Ending;
  readonly count: number;
}

export interface OperationKind {
  readonly workload: string;
  readonly f: string;
  invoked: number;
  ok: number;
  fail: number;
  info: number;
  /** Invoked, and no completion was recorded. */
  open: number;
}

export interface LatencyBin {
  readonly workload: string;
  /** Start and width of the bin, s. */
  readonly t: number;
  readonly widthS: number;
  readonly count: number;
  /** ms. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

interface Outstanding {
  readonly member: number;
  readonly planned: number;
  readonly kind: OperationKind;
}

/** At most this many cells are drawn; with more members the bins get wider. */
const MOST_CELLS = 30_000;
const MOST_ROWS = 120;
const MOST_ERRORS = 40;
/** 1 µs to about 70 minutes, two digits. */
const HISTOGRAM = {
  lowestDiscernibleValue: 1,
  highestTrackableValue: 2 ** 32,
  numberOfSignificantValueDigits: 2,
} as const;

export class OperationFold {
  readonly grid: TimeGrid;
  readonly latencyGrid: TimeGrid;
  /** Members whose operations are drawn, in plan order. */
  readonly rows: readonly string[];
  readonly membersNotDrawn: number;
  readonly #row = new Map<string, number>();
  readonly #cells = new Map<number, number>();
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #kinds = new Map<string, OperationKind>();
  readonly #errors = new Map<string, number>();
  readonly #latency = new Map<string, Histogram[]>();
  #errorsUncounted = 0;

  constructor(plan: Plan) {
    this.rows = plan.members.slice(0, MOST_ROWS).map((member) => member.name);
    this.membersNotDrawn = plan.members.length - this.rows.length;
    this.rows.forEach((name, index) => {
      this.#row.set(name, index);
    });
    const perRow = MOST_CELLS / Math.max(1, this.rows.length) / 2;
    this.grid = new TimeGrid(plan, Math.max(30, Math.min(240, perRow)));
    this.latencyGrid = new TimeGrid(plan, 90, 1000);
  }

  invoke(line: InvokeLine): void {
    const key = `${line.workload}\u0000${line.f}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = { workload: line.workload, f: line.f, invoked: 0, ok: 0, fail: 0, info: 0, open: 0 };
      this.#kinds.set(key, kind);
    }
    kind.invoked++;
    this.#outstanding.set(line.op, { member: this.#row.get(line.member) ?? -1, planned: line.planned, kind });
  }

  complete(line: CompletionLine): void {
    const operation = this.#outstanding.get(line.op);
    if (operation === undefined) return;
    this.#outstanding.delete(line.op);
    operation.kind[line.type]++;
    this.#count(operation, line.type);
    if (line.type === 'ok') this.#took(operation.kind.workload, operation.planned, line.time - operation.planned);
    else this.#error(`${line.type}: ${line.error ?? 'no reason given'}`);
  }

  #error(text: string): void {
    const count = this.#errors.get(text);
    if (count === undefined && this.#errors.size >= MOST_ERRORS) this.#errorsUncounted++;
    else this.#errors.set(text, (count ?? 0) + 1);
  }

  #count(operation: Outstanding, ending: Ending): void {
    if (operation.member < 0) return;
    const cell = (this.grid.bin(operation.planned) * this.rows.length + operation.member) * 3 + ENDINGS.indexOf(ending);
    this.#cells.set(cell, (this.#cells.get(cell) ?? 0) + 1);
  }

  #took(workload: string, planned: number, ns: number): void {
    let bins = this.#latency.get(workload);
    if (bins === undefined) {
      bins = [];
      this.#latency.set(workload, bins);
    }
    const bin = this.latencyGrid.bin(planned);
    const histogram = bins[bin] ?? build(HISTOGRAM);
    bins[bin] = histogram;
    histogram.recordValue(Math.max(1, Math.min(2 ** 32, Math.round(ns / 1000))));
  }

  kinds(): readonly OperationKind[] {
    for (const operation of this.#outstanding.values()) {
      operation.kind.open++;
      this.#count(operation, 'info');
    }
    this.#outstanding.clear();
    return [...this.#kinds.values()];
  }

  /** Most frequent first. */
  errors(): readonly { readonly text: string; readonly count: number }[] {
    const list = [...this.#errors].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count);
    if (this.#errorsUncounted > 0) list.push({ text: 'other errors', count: this.#errorsUncounted });
    return list;
  }

  /** Call after `kinds`, which counts what was never answered. */
  cells(): readonly OperationCell[] {
    return [...this.#cells].map(([cell, count]) => {
      const place = Math.floor(cell / 3);
      return {
        member: this.rows[place % this.rows.length] ?? '',
        bin: Math.floor(place / this.rows.length),
        ending: ENDINGS[cell % 3] ?? 'info',
        count,
      };
    });
  }

  latencies(): readonly LatencyBin[] {
    const out: LatencyBin[] = [];
    for (const [workload, bins] of this.#latency) {
      bins.forEach((histogram, bin) => {
        const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / 1000;
        const t = this.latencyGrid.start(bin);
        const widthS = this.latencyGrid.width / 1e9;
        out.push({ workload, t, widthS, count: histogram.totalCount, p50: at(50), p95: at(95), p99: at(99) });
      });
    }
    return out;
  }
}
