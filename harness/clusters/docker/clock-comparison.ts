/**
 * Two machines' clocks beside each other: a question goes out, the answer says what the other clock shows, and it was
 * read at some moment in between. Of many such round trips the shortest leaves least room (Cristian, Probabilistic clock
 * synchronization, Distributed Computing 3, 1989): half of it bounds the error, whatever the ways there and back took.
 */

export interface ClockReading {
  /** As process.hrtime.bigint() shows it. */
  readonly monotonicNs: bigint;
  /** As Date.now() shows it. */
  readonly wallMs: number;
}

export interface Comparison {
  /** How far the other clocks are ahead of those here. */
  readonly monotonicNs: bigint;
  readonly wallMs: number;
  /** Half of the shortest round trip: how far `monotonicNs` may be off, either way. */
  readonly uncertaintyMs: number;
}

const ROUNDS = 40;

/** `there` asks the other machine. Rejects when that does. */
export async function compareClocks(
  there: () => Promise<ClockReading>,
  here: () => ClockReading,
  rounds = ROUNDS,
): Promise<Comparison> {
  let best: Comparison | undefined;
  for (let round = 0; round < rounds || best === undefined; round++) {
    const before = here();
    const reading = await there();
    const after = here();
    const tripNs = after.monotonicNs - before.monotonicNs;
    const uncertaintyMs = Number(tripNs) / 2e6;
    if (best !== undefined && uncertaintyMs >= best.uncertaintyMs) continue;
    best = {
      monotonicNs: reading.monotonicNs - (before.monotonicNs + tripNs / 2n),
      wallMs: reading.wallMs - (before.wallMs + after.wallMs) / 2,
      uncertaintyMs,
    };
  }
  return best;
}
