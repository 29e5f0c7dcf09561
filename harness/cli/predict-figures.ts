/** What theory expects of a cluster: every figure of `hearsay predict`, from impl/theory alone. */
import { meanFieldEnd, type SpreadLaw } from '../../impl/theory/coverage.ts';
import {
  detectionPeriods,
  falseSuspicionsPerPeriod,
  firstProbePeriodsRoundRobin,
  longestProbeGap,
  probeMessagesPerPeriod,
  suspicionPeriods,
} from '../../impl/theory/detection.ts';
import {
  circulatedFanout,
  circulatedReliability,
  floodCoverage,
  floodReliability,
  recommendedFanout,
} from '../../impl/theory/reliability.ts';
import { circulatedRounds, closedFormRounds } from '../../impl/theory/rounds.ts';
import { expectedCoverage, roundsUntilAll } from '../../impl/theory/rounds-distribution.ts';
import type { SpreadMode } from '../../impl/theory/spread.ts';
import { compareVariants, type Variant } from '../../impl/theory/variants.ts';

export interface PredictRequest {
  readonly nodes: readonly number[];
  readonly fanouts: readonly number[];
  readonly losses: readonly number[];
  readonly intervalsMs: readonly number[];
  /** Share of members that are down. */
  readonly failed: number;
  /** Wanted chance that a message which each member passes on once reaches all. */
  readonly reliability: number;
  readonly updateBytes: number;
  readonly keys: number;
  readonly digestBytes: number;
  readonly k: number;
  readonly indirectProbes: number;
}

export interface SpreadPrediction {
  readonly mode: SpreadMode;
  /** The closed form for large n, its constant left out. */
  readonly closedFormRounds: number;
  /** null: it is not expected to reach all. */
  readonly rounds: number | null;
  readonly roundsP99: number | null;
  readonly convergenceMs: number | null;
  /** Updates sent until all know, per member up. */
  readonly messagesPerMember: number;
  readonly bytesPerMember: number;
  /** Of all members up together, averaged over the time until all know. */
  readonly bytesPerSecond: number | null;
  /** Expected share that knows after each round, from the start on. */
  readonly coverage: readonly number[];
}

export interface Prediction {
  readonly nodes: number;
  readonly fanout: number;
  readonly loss: number;
  readonly intervalMs: number;
  readonly failed: number;
  readonly spread: readonly SpreadPrediction[];
  /** Each member passes it on once. */
  readonly once: {
    readonly coverage: number;
    readonly reliability: number;
    /** null: contacting all others is not enough. */
    readonly recommendedFanout: number | null;
  };
  readonly detection: {
    readonly firstProbeMs: number;
    readonly suspicionMs: number;
    /** Crash to the first declaration, and to all knowing of it. */
    readonly firstMs: number;
    readonly allMs: number;
    /** Longest time between two probes of one member by another. */
    readonly probeGapMs: number;
    /** Of a live member, by the others that are up. */
    readonly falseSuspicionsPerPeriod: number;
    readonly falseSuspicionsPerHour: number;
    readonly messagesPerSecond: number;
  };
  /** Formulas in circulation that are wrong, for comparison. */
  readonly circulated: { readonly rounds: number; readonly reliability: number | null; readonly fanout: number | null };
  readonly variants: readonly Variant[];
}

const MODES: readonly SpreadMode[] = ['push', 'pull', 'push-pull'];
const HOUR_MS = 3_600_000;

/** One for each combination, sizes first. */
export function predict(request: PredictRequest): Prediction[] {
  const out: Prediction[] = [];
  for (const n of request.nodes)
    for (const fanout of request.fanouts)
      for (const loss of request.losses)
        for (const intervalMs of request.intervalsMs) out.push(predictOne(request, n, fanout, loss, intervalMs));
  return out;
}

function predictOne(request: PredictRequest, n: number, fanout: number, loss: number, intervalMs: number): Prediction {
  const { failed } = request;
  const down = loss + failed - loss * failed;
  const conditions = { n, fanout, loss, failed };
  const detection = detectionPeriods(n, loss);
  const probes = { arrives: 1 - loss, alive: 1 - failed, indirect: request.indirectProbes };
  const falseSuspicions = falseSuspicionsPerPeriod(probes);
  return {
    nodes: n,
    fanout,
    loss,
    intervalMs,
    failed,
    spread: MODES.map((mode) => predictSpread(request, mode, conditions, intervalMs)),
    once: {
      coverage: floodCoverage(conditions),
      reliability: floodReliability(conditions),
      recommendedFanout: recommendedFanout(n, request.reliability, conditions) ?? null,
    },
    detection: {
      firstProbeMs: firstProbePeriodsRoundRobin(n) * intervalMs,
      suspicionMs: suspicionPeriods(n) * intervalMs,
      firstMs: detection.first * intervalMs,
      allMs: detection.all * intervalMs,
      probeGapMs: longestProbeGap(n) * intervalMs,
      falseSuspicionsPerPeriod: falseSuspicions,
      falseSuspicionsPerHour: (falseSuspicions * HOUR_MS) / intervalMs,
      messagesPerSecond: (probeMessagesPerPeriod(probes) * 1000) / intervalMs,
    },
    circulated: {
      rounds: circulatedRounds(n, loss),
      reliability: down > 0 ? circulatedReliability(n, fanout, down) : null,
      fanout: down > 0 ? circulatedFanout(down) : null,
    },
    variants: compareVariants({ ...request, ...conditions, intervalMs }),
  };
}

function predictSpread(
  request: PredictRequest,
  mode: SpreadMode,
  { n, fanout, loss, failed }: { n: number; fanout: number; loss: number; failed: number },
  intervalMs: number,
): SpreadPrediction {
  const absent = Math.min(n - 1, Math.round(n * failed));
  const law: SpreadLaw = { n, absent, mode, stop: 'never', feedback: 'feedback', k: 1, fanout, loss };
  const { expected, p99 } = roundsUntilAll(law);
  const messagesPerMember = meanFieldEnd(law).traffic;
  const bytesPerMember = messagesPerMember * request.updateBytes;
  const convergenceMs = expected === undefined ? null : expected * intervalMs;
  return {
    mode,
    // Members that are down take their share of contacts as loss does, but not of those who are to know.
    closedFormRounds: closedFormRounds(mode, n - absent, fanout * (1 - failed), loss).rounds,
    rounds: expected ?? null,
    roundsP99: p99 ?? null,
    convergenceMs,
    messagesPerMember,
    bytesPerMember,
    bytesPerSecond: convergenceMs === null ? null : (bytesPerMember * (n - absent) * 1000) / convergenceMs,
    coverage: expectedCoverage(law, p99 ?? 0) ?? [],
  };
}
