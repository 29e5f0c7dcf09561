/**
 * The items in their order, in groups of together at most `room` bytes, each filled before the next is begun; one that is
 * too large for that is alone. At most `most` groups: what comes after them is left out.
 */
export function groupsThatFit<T>(
  items: Iterable<T>,
  bytesOf: (item: T) => number,
  room: number,
  most = Number.POSITIVE_INFINITY,
): T[][] {
  const groups: T[][] = [];
  let group: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const more = bytesOf(item);
    if (group.length === 0 || bytes + more > room) {
      if (groups.length === most) break;
      group = [];
      bytes = 0;
      groups.push(group);
    }
    group.push(item);
    bytes += more;
  }
  return groups;
}
