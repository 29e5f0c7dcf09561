/** Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", TSE 2002, figure 5). */

/**
 * A part of `items`, in their order, that still passes `test` and from which no single item can be left out.
 * `items` itself must pass. Deterministic. `mostPieces`: goes no deeper, and then larger parts than single items are all
 * that cannot be left out.
 */
export function ddmin<T>(
  items: readonly T[],
  test: (part: readonly T[]) => boolean,
  mostPieces = Number.POSITIVE_INFINITY,
): readonly T[] {
  if (items.length === 0 || test([])) return [];
  let current = items;
  let pieces = 2;
  while (current.length >= 2) {
    const chunks = split(current, pieces);
    const smaller =
      chunks.find((chunk) => chunk.length < current.length && test(chunk)) ??
      // With two pieces each complement is the other piece.
      (pieces === 2 ? undefined : complementThatPasses(chunks, test));
    if (smaller !== undefined) {
      pieces = chunks.includes(smaller) ? 2 : Math.max(2, pieces - 1);
      current = smaller;
    } else if (pieces >= Math.min(current.length, mostPieces)) break;
    else pieces = Math.min(current.length, pieces * 2);
  }
  return current;
}

function complementThatPasses<T>(
  chunks: readonly (readonly T[])[],
  test: (part: readonly T[]) => boolean,
): readonly T[] | undefined {
  for (const without of chunks) {
    const rest = chunks.filter((chunk) => chunk !== without).flat();
    if (test(rest)) return rest;
  }
  return undefined;
}

function split<T>(items: readonly T[], pieces: number): readonly (readonly T[])[] {
  const chunks: (readonly T[])[] = [];
  for (let i = 0, from = 0; i < pieces; i++) {
    const until = Math.round(((i + 1) * items.length) / pieces);
    if (until > from) chunks.push(items.slice(from, until));
    from = until;
  }
  return chunks;
}
