/**
 * Time downwards, piece by piece: whatever the true distance of two moments, they stand far enough apart to be told
 * apart, and a long quiet time takes no more room than a short one. Every moment gets a label with its true time, and
 * every break is named.
 */

/** A moment at which something is drawn. */
export interface Moment {
  /** ns. */
  readonly time: number;
  /** Room that its labels need above it, px. */
  readonly abovePx: number;
}

export interface TimeBreak {
  /** Baseline of its text, px. */
  readonly y: number;
  /** The moments between which it lies, ns. */
  readonly from: number;
  readonly until: number;
}

export interface TimeScale {
  /** px from the top; between two moments in proportion, before the first and after the last at their ends. */
  readonly y: (time: number) => number;
  readonly bottom: number;
  readonly breaks: readonly TimeBreak[];
}

const LEAST_PX = 18;
/** Moments nearer than a break are further apart the more time lies between them, up to this much. */
const STRETCH_PX = 16;
export const BREAK_NS = 1e8;
const BREAK_PX = 30;
const TAIL_PX = 24;

/** `moments` in order of time, no two alike. */
export function timeScale(moments: readonly Moment[], topPx: number): TimeScale {
  const times: number[] = [];
  const places: number[] = [];
  const breaks: TimeBreak[] = [];
  let y = topPx;
  for (const { time, abovePx } of moments) {
    const before = times.at(-1);
    if (before === undefined) y += abovePx;
    else {
      const isBreak = time - before >= BREAK_NS;
      if (isBreak) breaks.push({ y: y + 23, from: before, until: time });
      y += Math.max(LEAST_PX, abovePx) + (isBreak ? BREAK_PX : (STRETCH_PX * (time - before)) / BREAK_NS);
      y = Math.round(y);
    }
    times.push(time);
    places.push(y);
  }
  const place = (time: number): number => {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((times[middle] ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    const [t1, y1] = [times[low - 1], places[low - 1]];
    const [t2, y2] = [times[low], places[low]];
    if (y2 === undefined || t2 === undefined) return y1 === undefined ? topPx : y1 + TAIL_PX;
    if (t1 === undefined || y1 === undefined) return time === t2 ? y2 : topPx;
    return Math.round((y1 + ((time - t1) / (t2 - t1)) * (y2 - y1)) * 10) / 10;
  };
  return { y: place, bottom: y + TAIL_PX, breaks };
}
