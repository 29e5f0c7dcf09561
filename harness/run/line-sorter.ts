/**
 * Lines of real members reach the controller through pipes, each with its member's own time: a line may come after one
 * of another member that happened later. Holding each line back for a moment and letting them go in order of time makes
 * the history read as it happened. A line that is later still is passed on at once, so nothing is lost.
 */
import type { HistoryLine, HistorySink } from '../model/history.ts';

/** How much later than the newest line an older one may come and still find its place. */
const HOLD_NS = 300e6;

export class LineSorter {
  readonly #sink: HistorySink;
  #held: { time: number; order: number; line: HistoryLine }[] = [];
  #order = 0;
  #newest = 0;
  #flushedAt = 0;

  constructor(sink: HistorySink) {
    this.#sink = sink;
  }

  add(line: HistoryLine): void {
    const time = line.type === 'environment' ? 0 : line.time;
    this.#held.push({ time, order: this.#order++, line });
    if (time > this.#newest) this.#newest = time;
    // Sorting once per hold time keeps the cost per line logarithmic.
    if (this.#newest - this.#flushedAt > 2 * HOLD_NS) this.#flush(this.#newest - HOLD_NS);
  }

  /** Everything that is held, in order. */
  end(): void {
    this.#flush(Number.POSITIVE_INFINITY);
  }

  #flush(until: number): void {
    this.#flushedAt = until;
    this.#held.sort((a, b) => a.time - b.time || a.order - b.order);
    const first = this.#held.findIndex((entry) => entry.time > until);
    const ready = first < 0 ? this.#held : this.#held.slice(0, first);
    this.#held = first < 0 ? [] : this.#held.slice(first);
    for (const entry of ready) this.#sink(entry.line);
  }
}
