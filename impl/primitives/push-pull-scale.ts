/**
 * Factor on the time between whole-state exchanges when n members are known: 1 up to 32 members, one more for each
 * doubling begun (memberlist util.go, pushPullScale: ⌈log2 n - 5⌉ + 1), by doubling, so that it hangs on no logarithm.
 */
export function pushPullScale(n: number): number {
  let scale = 1;
  for (let size = 32; size < n; size *= 2) scale++;
  return scale;
}
