/**
 * A naive version claims whatever the real protocol claims, word for word: that is what the harness holds against it.
 */
import type { Claim, Tolerance } from '../protocol.ts';

/** The real protocol's claims, for settings that `translate` turns into the real one's. */
export function claimsLike<Own, Real>(claims: readonly Claim<Real>[], translate: (own: Own) => Real): Claim<Own>[] {
  return claims.map(({ rate, beyond, ...claim }) => ({
    ...claim,
    ...(rate === undefined ? {} : { rate: (own, conditions) => rate(translate(own), conditions) }),
    ...(beyond === undefined ? {} : { beyond: (own, conditions) => beyond(translate(own), conditions) }),
  }));
}

export function tolerancesLike<Own, Real>(
  tolerances: readonly Tolerance<Real>[],
  translate: (own: Own) => Real,
): Tolerance<Own>[] {
  return tolerances.map(({ liars, ...tolerance }) => ({
    ...tolerance,
    liars: (own, n) => liars(translate(own), n),
  }));
}
