/** How many liars a protocol may be meant to survive. */

/** As many as there are, but for the one that is judged. */
export function allButOne(_settings: unknown, n: number): number {
  return n - 1;
}

/** Fewer than a third. */
export function belowAThird(_settings: unknown, n: number): number {
  return Math.floor((n - 1) / 3);
}

/** The same where the settings say `signed`, and none where they do not. */
export function whereSigned<S extends { readonly signed: boolean }>(
  liars: (settings: S, n: number) => number,
): (settings: S, n: number) => number {
  return (settings, n) => (settings.signed ? liars(settings, n) : 0);
}
