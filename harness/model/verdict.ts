/** What checkers say, and how it adds up to an exit code (DESIGN: Verdicts). */
import type { Data } from '../../impl/protocol.ts';

export const VERDICT_FORMAT = 'hearsay-verdict';
export const VERDICT_VERSION = 1;

/**
 * `unknown`: it applied, and evidence is missing. `not-applicable`: the plan alone says so; never changes the exit
 * code.
 */
export type Verdict = 'valid' | 'invalid' | 'unknown' | 'not-applicable';

/** The smallest piece of the history that shows a violation, in words and as the lines themselves. */
export interface Witness {
  /** One or a few sentences that name members, times and values. */
  readonly summary: string;
  /** The history lines (or parts of them) that show it, at most ten. */
  readonly lines: readonly Data[];
}

export interface PropertyResult {
  /** `convergence`, `refutation`, `broadcast-safety`, ... */
  readonly name: string;
  /** Channel it speaks of, where the property is judged per channel. */
  readonly channel?: string | undefined;
  readonly verdict: Verdict;
  /** One sentence: why, with the figures that decide. */
  readonly reason: string;
  /** How many items were judged and how many broke the property, also where the plan lies beyond the claims. */
  readonly judged: number;
  readonly violations: number;
  /** The plan lies outside what the protocol claims: violations are reported, no defect. */
  readonly beyondClaims?: string | undefined;
  readonly witness?: Witness | undefined;
  /** Further figures for the report. */
  readonly details?: { readonly [key: string]: Data } | undefined;
}

export interface SloResult {
  readonly metric: string;
  /** As written: `< 2000`. */
  readonly threshold: string;
  /** null: nothing was measured, and then it is not met. */
  readonly measured: number | null;
  readonly met: boolean;
  /** `workload=register`, `during=partition`, ... where the SLO is scoped. */
  readonly scope?: string | undefined;
}

/** An SLO of the file that says nothing of this run. */
export interface SloLeftOut {
  readonly metric: string;
  readonly threshold: string;
  /** Why, in a few words: `no crash is planned, or none was detected`. */
  readonly reason: string;
}

/** What an SLO file says of a run. */
export interface SloJudgement {
  readonly slos: readonly SloResult[];
  readonly slosLeftOut: readonly SloLeftOut[];
}

/** One figure or distribution; quantiles are exact to three digits (HDR histogram). */
export interface Metric {
  readonly unit: string;
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** By name; a scope stands in front with a slash: `delivery_ms`, `register/operation_ms`, `during:f1/delivery_ms`. */
export type Metrics = { readonly [name: string]: Metric | number };

export interface RunVerdict {
  readonly format: typeof VERDICT_FORMAT;
  readonly version: typeof VERDICT_VERSION;
  readonly verdict: 'valid' | 'invalid' | 'unknown';
  readonly exitCode: number;
  readonly seed: string;
  readonly cluster: string;
  readonly runDir: string | null;
  readonly historyHash: string;
  /** Bounds in time were missed on a machine that was late: a sentence without its full stop that says so. */
  readonly overrun?: string | undefined;
  readonly properties: readonly PropertyResult[];
  readonly slos: readonly SloResult[];
  /** Absent: none was. */
  readonly slosLeftOut?: readonly SloLeftOut[] | undefined;
  readonly metrics: Metrics;
}

export const EXIT = {
  ok: 0,
  invalid: 1,
  unknown: 2,
  slo: 3,
  usage: 64,
  unavailable: 69,
  internal: 70,
  interrupted: 130,
} as const;

/** The verdict of a whole run: the worst of its properties; without any that applies there is nothing to believe. */
export function combine(properties: readonly PropertyResult[]): 'valid' | 'invalid' | 'unknown' {
  if (properties.some((property) => property.verdict === 'invalid')) return 'invalid';
  if (properties.some((property) => property.verdict === 'unknown')) return 'unknown';
  return properties.some((property) => property.verdict === 'valid') ? 'valid' : 'unknown';
}

/** SLOs were asked for, and none of them says anything of this run: no gate may be green for that. */
export function noSloJudged({ slos, slosLeftOut = [] }: Pick<RunVerdict, 'slos' | 'slosLeftOut'>): boolean {
  return slos.length === 0 && slosLeftOut.length > 0;
}

/** Exit code of one run: invalid before unknown before a missed SLO. */
export function exitCode(verdict: 'valid' | 'invalid' | 'unknown', judgement: SloJudgement): number {
  if (verdict === 'invalid') return EXIT.invalid;
  if (verdict === 'unknown' || noSloJudged(judgement)) return EXIT.unknown;
  const { slos } = judgement;
  return slos.every((slo) => slo.met) ? EXIT.ok : EXIT.slo;
}
