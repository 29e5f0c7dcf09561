/**
 * How late timers of this machine are while something else is measured. A delayed datagram leaves when a timer fires: on a
 * machine that stands still at times (a disk it waits for, a hypervisor) it leaves late, which the link's way back, where
 * nothing waits for a timer, does not show.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** One wait: its length as asked, and how much later it ended, ms. */
export interface TimedWait {
  readonly askedMs: number;
  readonly lateMs: number;
}

const WAIT_MS = 2;
/** Of a stall: so many moments stand for all of it. */
const STEPS = 16;

/**
 * A thread of its own: the event loop of whoever measures may have other work. Says so when its first wait has ended, and
 * waits on until the flag is raised.
 */
const WAITING = `
const { workerData, parentPort } = require('node:worker_threads');
const flag = new Int32Array(workerData.flag);
const waits = [];
for (let from = performance.now(); Atomics.wait(flag, 0, 0, ${WAIT_MS}) === 'timed-out'; ) {
  const nowMs = performance.now();
  if (waits.length === 0) parentPort.postMessage('waiting');
  waits.push({ askedMs: ${WAIT_MS}, lateMs: Math.max(0, nowMs - from - ${WAIT_MS}) });
  from = nowMs;
}
parentPort.postMessage(waits);
`;

/** What was measured, and the waits that went on beside it. Rejects with what `measure` rejects with. */
export async function withTimerGauge<T>(measure: () => Promise<T>): Promise<{ of: T; waits: readonly TimedWait[] }> {
  const flag = new SharedArrayBuffer(4);
  const worker = new Worker(WAITING, { eval: true, workerData: { flag } });
  try {
    // A thread takes a while to start: what is measured before it waits would go unseen.
    await once(worker, 'message');
    const waits: Promise<TimedWait[]> = once(worker, 'message').then(([list]) => list);
    waits.catch(() => {});
    const of = await measure();
    Atomics.store(new Int32Array(flag), 0, 1);
    Atomics.notify(new Int32Array(flag), 0);
    return { of, waits: await waits };
  } finally {
    await worker.terminate();
  }
}

/**
 * How far late timers move the median of a delay, ms. `share` is the delay's distribution as asked: the share of
 * delays of at most x ms. What becomes due in a stall leaves at its end; stalls come without regard to what is due.
 */
export function medianShiftMs(waits: readonly TimedWait[], medianMs: number, share: (x: number) => number): number {
  const longestMs = waits.reduce((most, { lateMs }) => Math.max(most, lateMs), 0);
  const totalMs = waits.reduce((sum, { askedMs, lateMs }) => sum + askedMs + lateMs, 0);
  if (totalMs === 0 || longestMs === 0) return 0;
  const onTimeMs = waits.reduce((sum, { askedMs }) => sum + askedMs, 0);
  const below = (x: number): number => {
    let sum = onTimeMs * share(x);
    for (const { lateMs } of waits)
      for (let step = 0; step < STEPS; step++) sum += (lateMs / STEPS) * share(x - (lateMs * (step + 0.5)) / STEPS);
    return sum / totalMs;
  };
  let [low, high] = [medianMs, medianMs + longestMs];
  for (let halvings = 0; halvings < 30; halvings++) {
    const middle = (low + high) / 2;
    if (below(middle) < 0.5) low = middle;
    else high = middle;
  }
  return high - medianMs;
}
