/** How many liars a protocol may be meant to survive. */

/** As many as there are, but for the one that is judged. */
export function allButOne(_settings: unknown, n: number): number {
  return n - 1;
}

/**
 * As many as there are, but for one who judges and one who is judged: for properties of what one member holds of another,
 * where nobody's vote counts and each asks the other itself.
 */
export function allButTwo(_settings: unknown, n: number): number {
  return Math.max(0, n - 2);
}

/** The same where the settings say `signed`, and none where they do not. */
export function whereSigned<S extends { readonly signed: boolean }>(
  liars: (settings: S, n: number) => number,
): (settings: S, n: number) => number {
  return (settings, n) => (settings.signed ? liars(settings, n) : 0);
}
