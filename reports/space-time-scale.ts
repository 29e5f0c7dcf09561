/** Time downwards: stretches with much traffic get room, quiet ones little, and what lies between windows is left out. */

export interface TimeScale {
  /** px from the top; undefined for times outside all windows. */
  readonly y: (time: number) => number | undefined;
  readonly bottom: number;
  readonly ticks: readonly { readonly time: number; readonly y: number }[];
  /** Where time was left out. */
  readonly gaps: readonly number[];
}

/** A slice of time; slices are as high as they are busy. */
const SLICE_NS = 5e7;
const QUIET_PX = 4;
const PX_PER_EVENT = 7;
const MOST_SLICE_PX = 120;
const GAP_PX = 30;
const TICK_NS = 5e8;

/** `windows`: in order, disjoint, ns. `events`: times of what must be told apart. */
export function timeScale(
  windows: readonly (readonly [number, number])[],
  events: readonly number[],
  topPx: number,
): TimeScale {
  const counts = new Map<number, number>();
  for (const time of events) {
    const slice = Math.floor(time / SLICE_NS);
    counts.set(slice, (counts.get(slice) ?? 0) + 1);
  }
  const slices: { from: number; until: number; top: number; height: number }[] = [];
  const gaps: number[] = [];
  let top = topPx;
  windows.forEach(([start, end], i) => {
    if (i > 0) {
      gaps.push(top + GAP_PX / 2);
      top += GAP_PX;
    }
    for (let from = start; from < end; ) {
      const until = Math.min(end, (Math.floor(from / SLICE_NS) + 1) * SLICE_NS);
      const busy = counts.get(Math.floor(from / SLICE_NS)) ?? 0;
      const height = Math.min(MOST_SLICE_PX, QUIET_PX + busy * PX_PER_EVENT) * ((until - from) / SLICE_NS);
      slices.push({ from, until, top, height });
      top += height;
      from = until;
    }
  });
  const y = (time: number): number | undefined => {
    let low = 0;
    let high = slices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((slices[middle]?.until ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    const slice = slices[low];
    if (slice === undefined || time < slice.from) return undefined;
    return Math.round((slice.top + ((time - slice.from) / (slice.until - slice.from)) * slice.height) * 10) / 10;
  };
  const ticks: { time: number; y: number }[] = [];
  for (const [from, until] of windows) {
    for (let time = Math.ceil(from / TICK_NS) * TICK_NS; time <= until; time += TICK_NS) {
      const at = y(time);
      if (at !== undefined) ticks.push({ time, y: at });
    }
  }
  return { y, bottom: top, ticks, gaps };
}
