/** What aggregation promises, and the times within which it does. */
import type { Bounds, Claim, Conditions, Tolerance } from '../protocol.ts';
import { varianceFactor } from '../theory/averaging.ts';
import { overlayProblem, overlayVarianceFactor, roundsUnder } from '../theory/overlay.ts';
import { type AggregationSettings, WAIT_CYCLES } from './settings.ts';

/** Chance that an epoch misses its error; a run of 1,000 epochs stays below 1e-9. */
const FAILURE = 1e-12;
/** A push-sum weight below this needs about 40 cycles in which nobody pushes to one member. */
const LEAST_WEIGHT = 1e-6;

/**
 * Largest error of an average at the end of a quiet epoch, as a share of the range of its inputs; 1: nothing is promised.
 * By Markov's inequality on the expected variance: it exceeds its mean by 1/FAILURE with a chance of at most FAILURE.
 * Push-pull is counted as random pairs (1/e per cycle), which is slower than the sequential order it really has; a cycle
 * is stretched by the time an exchange takes, in which other exchanges meet old values. Push-sum divides by a
 * weight, which may be small.
 */
export function errorShare(settings: AggregationSettings, conditions: Conditions): number {
  const { n } = conditions;
  const cycles = sureCycles(settings, conditions);
  const spread = spreadCycles(conditions);
  if (spread === undefined || cycles < spread) return 1;
  if (settings.method === 'push-pull') {
    const factor = overlayVarianceFactor(duringEpochs(conditions)) ?? varianceFactor('random', n);
    const variance = factor ** cycles / FAILURE;
    return Math.min(1, Math.sqrt(n * variance) / 2);
  }
  const potential = (n * varianceFactor('push-sum', n) ** cycles) / FAILURE;
  return Math.min(1, Math.sqrt(n * potential) / LEAST_WEIGHT);
}

/** Cycles until extremes have reached everybody. Where members know all others, nobody asks one that is down twice. */
function spreadCycles(conditions: Conditions): number | undefined {
  const livesLost = conditions.overlay === undefined ? [] : conditions.livesLost;
  return roundsUnder('push-pull', { ...duringEpochs(conditions), livesLost }, 1, FAILURE);
}

/** An epoch may pass while members are down that come back later: any that lose a life may be missing in one. */
function duringEpochs(conditions: Conditions): Conditions {
  return { ...conditions, stayDown: undefined };
}

/**
 * Cycles that every participant surely has in an epoch, exchanges slowed by the network counted out, and one for each
 * member that may be down and not known to be so: nobody asks it twice.
 */
function sureCycles(settings: AggregationSettings, conditions: Conditions): number {
  const tripMs = 2 * (conditions.linkLatencyMs + conditions.schedulingMs);
  const wholeMs =
    (settings.cyclesPerEpoch - settings.entryCycles - 2 - conditions.livesLost.length) * settings.intervalMs;
  return Math.max(0, Math.floor(wholeMs / (settings.intervalMs + tripMs)));
}

export const aggregationClaims: readonly Claim<AggregationSettings>[] = [
  {
    property: 'mass-conservation',
    strength: 'guaranteed',
    statement:
      'Each exchange adds to one member what it takes from the other, once, whatever is lost, delayed or duplicated; what is under way stays known to its initiator until it is settled or the epoch is over. A crash takes what its member held out of the running epoch.',
    source: 'own; Jelasity, Montresor, Babaoglu 2005, section 3 supposes it',
  },
  {
    property: 'estimate',
    strength: 'probable',
    rate: errorShare,
    statement:
      'In an epoch that no fault touches every member that is up takes part with its latest input, and ends with the maximum and minimum exactly and the average within the stated share of the range of the inputs; count and sum within what follows from it.',
    source: 'Jelasity, Montresor, Babaoglu 2005, sections 3 to 5; Kempe, Dobra, Gehrke 2003, section 2',
    beyond: (settings, conditions) =>
      conditions.overlay !== undefined && settings.method === 'push-sum'
        ? 'how fast push-sum converges where members know few others is not bounded here'
        : overlayProblem(duringEpochs(conditions)),
  },
];

/**
 * From the heal on: all hear of the latest epoch, whoever missed its start waits for the next one, and that goes through.
 * Everybody ends an epoch by its own timer, so nobody depends on being told of the next one. Who only waits gives the others
 * two cycles to begin it, which is too late to take part where that closes earlier: then it is the one after that.
 */
export function aggregationBounds(settings: AggregationSettings, conditions: Conditions): Bounds {
  const epochMs = settings.cyclesPerEpoch * settings.intervalMs;
  const slackMs = (settings.entryCycles + 4) * settings.intervalMs;
  const tripMs = conditions.linkLatencyMs + conditions.schedulingMs;
  // A timer that was set under a slow clock may still run on it at the heal.
  const drift = Math.min(conditions.timerDrift, 0.9);
  // Where members know few others, the news of an epoch may need as many cycles as anything that spreads.
  const newsMs =
    conditions.overlay === undefined ? 0 : (spreadCycles(conditions) ?? 0) * (settings.intervalMs + 2 * tripMs);
  const epochs = settings.entryCycles > WAIT_CYCLES ? 1 : 2;
  return { convergenceMs: Math.ceil(epochMs / (1 - drift) + epochs * epochMs + 2 * slackMs + 20 * tripMs + newsMs) };
}

export const aggregationTolerates: readonly Tolerance<AggregationSettings>[] = [
  // None: a single member that makes up mass, or takes it and gives nothing, moves every estimate.
];
