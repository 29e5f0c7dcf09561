/** Counts violations and keeps the first as the witness: a later one is often its consequence. */

import type { Witness } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';

const MOST_LINES = 10;

export class Violations {
  count = 0;
  witness: Witness | undefined;

  /** The witness is only put together for the first one. */
  add(summary: () => string, lines: () => readonly (Data | undefined)[]): void {
    this.count++;
    if (this.witness !== undefined) return;
    const shown = lines().filter((line): line is Data => line !== undefined);
    this.witness = { summary: summary(), lines: shown.slice(0, MOST_LINES) };
  }
}
