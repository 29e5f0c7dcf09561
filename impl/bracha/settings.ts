/** Settings of reliable broadcast, what they add up to, and what is claimed under them. */
import type { Bounds, Claim, Conditions, SettingsSpec, Tolerance } from '../protocol.ts';

export interface BrachaSettings {
  readonly f: number;
  readonly resendMs: number;
  readonly resendMaxMs: number;
  readonly ackDelayMs: number;
}

export const brachaSettings: SettingsSpec<BrachaSettings> = {
  f: {
    default: -1,
    unit: 'members',
    doc: 'faulty members tolerated; -1: the most that n allows, floor((n - 1) / 3)',
    source: 'Bracha 1987, section 3',
    min: -1,
    max: 1000,
    integer: true,
  },
  resendMs: {
    default: 500,
    quick: 200,
    unit: 'ms',
    doc: 'first interval after which a vote that was not acknowledged is sent again; it doubles each time',
    source: 'own',
    min: 1,
    max: 60_000,
  },
  resendMaxMs: {
    default: 4000,
    quick: 1000,
    unit: 'ms',
    doc: 'longest interval between two transmissions of a vote to a peer that does not answer',
    source: 'own',
    min: 1,
    max: 600_000,
  },
  ackDelayMs: {
    default: 50,
    unit: 'ms',
    doc: 'how long an acknowledgement waits for a vote to ride with',
    source: 'own',
    min: 0,
    max: 10_000,
  },
};

/** Members that may be faulty among n. */
export function faultsTolerated(settings: BrachaSettings, n: number): number {
  return settings.f >= 0 ? settings.f : Math.floor((n - 1) / 3);
}

export function checkBrachaSettings(settings: BrachaSettings, n: number): string | undefined {
  const f = faultsTolerated(settings, n);
  if (n <= 3 * f)
    return `f = ${f} needs more than ${3 * f} members and there are ${n}: set f to ${Math.floor((n - 1) / 3)}`;
  if (settings.resendMaxMs < settings.resendMs)
    return `resendMaxMs (${settings.resendMaxMs}) is below resendMs (${settings.resendMs}): raise it`;
  if (settings.resendMs <= settings.ackDelayMs)
    return `resendMs (${settings.resendMs}) must exceed ackDelayMs (${settings.ackDelayMs}), or every vote is sent twice`;
  return undefined;
}

function beyond(settings: BrachaSettings, conditions: Conditions): string | undefined {
  const faulty = new Set([...conditions.byzantine, ...conditions.livesLost]);
  const f = faultsTolerated(settings, conditions.n);
  if (conditions.n <= 3 * f) return `n = ${conditions.n} is not above 3f = ${3 * f}`;
  if (faulty.size <= f) return undefined;
  return `${faulty.size} of ${conditions.n} members lie or lose a life for good; f = ${f}`;
}

export const brachaClaims: readonly Claim<BrachaSettings>[] = [
  {
    property: 'broadcast-safety',
    strength: 'guaranteed',
    statement:
      'validity, no duplication, integrity, consistency and totality under every fault of links, clocks and speed, while ' +
      'at most f members lie or lose a life (killed for good, restarted without state, left); restarts with state are free',
    source: 'Bracha 1987; Cachin, Guerraoui, Rodrigues 2011, section 3.10',
    beyond,
  },
];

export const brachaTolerates: readonly Tolerance<BrachaSettings>[] = [
  {
    behaviours: 'all',
    liars: faultsTolerated,
    properties: ['broadcast-safety'],
    statement: 'f of n > 3f members may do whatever they like; only members that lose a life count to the same f',
  },
];

/**
 * Three steps from SEND to delivery. A vote waits for its next transmission at most resendMaxMs, whatever happened to
 * the ones before; each step is granted two of them, so that a datagram that a full socket buffer swallows costs the
 * bound nothing.
 */
export function brachaBounds(settings: BrachaSettings, conditions: Conditions): Bounds {
  const stepMs = 2 * settings.resendMaxMs + conditions.linkLatencyMs + conditions.schedulingMs;
  return { deliveryMs: 3 * stepMs };
}
