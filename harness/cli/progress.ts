/** Live progress: one line that is rewritten on a terminal, a plain line every few seconds elsewhere. */
import { type CliIo, createPaint, isInteractive } from './io.ts';

/** How far a run is; what harness/run reports fits in. */
export interface ProgressReport {
  readonly phase: 'load' | 'heal' | 'final' | 'done';
  readonly timeNs: number;
  readonly operationsDone: number;
  readonly operationsPlanned: number;
  readonly faultsOn: readonly { readonly id: string }[];
  readonly agree: number;
  readonly up: number;
}

export interface ProgressLine {
  update(report: ProgressReport): void;
  /** Takes the line away (terminal), so that what follows starts on a fresh one. */
  clear(): void;
}

export interface ProgressPlan {
  readonly healAtMs: number;
  readonly deadlineMs: number;
}

const PLAIN_EVERY_MS = 5000;
const LIVE_EVERY_MS = 100;

/** `clockMs`: any monotonic clock. */
export function createProgressLine(io: CliIo, plan: ProgressPlan, clockMs: () => number): ProgressLine {
  const stream = io.stderr;
  const live = isInteractive(stream);
  const paint = createPaint(io, stream);
  let lastMs = Number.NEGATIVE_INFINITY;
  let lastPhase = '';
  let shown = false;
  return {
    update(report) {
      const now = clockMs();
      const due = now - lastMs >= (live ? LIVE_EVERY_MS : PLAIN_EVERY_MS);
      if (!due && report.phase === lastPhase) return;
      lastMs = now;
      lastPhase = report.phase;
      const text = describeProgress(report, plan);
      if (!live) {
        stream.write(`${text}\n`);
        return;
      }
      // Cut to the width, or the terminal wraps and the next carriage return lands a line too low.
      const fitting = text.slice(0, Math.max(20, (stream.columns ?? 80) - 1));
      const [phase = '', ...rest] = fitting.split('  ');
      stream.write(`\r\u001b[2K${paint('bold', phase)}  ${rest.join('  ')}`);
      shown = true;
    },
    clear() {
      if (shown) stream.write('\r\u001b[2K');
      shown = false;
    },
  };
}

const PHASES = { load: 'load', heal: 'healed, waiting for agreement', final: 'final reads', done: 'done' } as const;

/** `load  12.0 s left  340/600 operations  faults: loss-1, partition-1  4 of 7 agree`. */
export function describeProgress(report: ProgressReport, plan: ProgressPlan): string {
  const timeMs = report.timeNs / 1e6;
  const endMs = report.phase === 'load' ? plan.healAtMs : plan.healAtMs + plan.deadlineMs;
  const leftS = (Math.max(0, endMs - timeMs) / 1000).toFixed(1);
  const left = report.phase === 'load' ? `${leftS} s left` : report.phase === 'heal' ? `at most ${leftS} s left` : '';
  const faults = namesOf(report.faultsOn.map((fault) => fault.id));
  return [
    PHASES[report.phase],
    left,
    `${report.operationsDone}/${report.operationsPlanned} operations`,
    `faults: ${faults === '' ? 'none' : faults}`,
    // Those that are down neither agree nor differ.
    report.up === 0 ? '' : `${report.agree} of ${report.up} agree`,
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** Many of a kind are a number: ten faults say little about each and leave no room for the rest of the line. */
const MOST_OF_A_KIND = 2;

function namesOf(ids: readonly string[]): string {
  const kinds = new Map<string, string[]>();
  for (const id of ids) {
    const kind = id.replace(/-\d+$/, '');
    kinds.set(kind, [...(kinds.get(kind) ?? []), id]);
  }
  return [...kinds]
    .map(([kind, of]) => (of.length > MOST_OF_A_KIND ? `${of.length} × ${kind}` : of.join(', ')))
    .join(', ');
}
