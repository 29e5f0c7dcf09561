/** What many trials add up to. Adding is associative, so batches, threads and machines can be added in any order. */
import type { Plan } from '../model/plan.ts';
import type { PropertyResult } from '../model/verdict.ts';
import { addCoverage, type Coverage, noCoverage } from './coverage.ts';
import { broken, type Trial } from './trial.ts';
import { witnessShape } from './witness-shape.ts';

/** A property broken in one trial. */
export interface Failure {
  /** Number of the trial. */
  readonly trial: number;
  readonly seed: string;
  readonly property: string;
  readonly channel: string | null;
  /** Equal for failures that differ in names and figures only. */
  readonly shape: string;
  /** What was seen, in words. */
  readonly summary: string;
}

/** Failures of one property and one shape, with the plan of the earliest trial. */
export interface FailureGroup extends Failure {
  readonly count: number;
  readonly plan: Plan;
}

export interface Tally {
  /** Trials that were judged. */
  tried: number;
  /** Draws that no plan can be made of. */
  impossible: number;
  /** Trials with a fault that met nothing to act on: drawn in vain, else clean. Not counted in `tried`. */
  idle: number;
  valid: number;
  invalid: number;
  unknown: number;
  /** Trials in which something was broken that the plan had put beyond the claims. */
  brokenBeyond: number;
  /** Reasons of unknown verdicts, a few. */
  readonly unclear: { readonly trial: number; readonly text: string }[];
  readonly coverage: Coverage;
  readonly groups: FailureGroup[];
}

const MOST_UNCLEAR = 20;

export function emptyTally(): Tally {
  return {
    tried: 0,
    impossible: 0,
    idle: 0,
    valid: 0,
    invalid: 0,
    unknown: 0,
    brokenBeyond: 0,
    unclear: [],
    coverage: noCoverage(),
    groups: [],
  };
}

/** Adds one judged trial. */
export function addTrial(tally: Tally, number: number, plan: Plan, trial: Trial): void {
  const { properties, coverage } = trial;
  const failed = broken(properties);
  const unknown = properties.filter((property) => property.verdict === 'unknown');
  if (failed.length === 0 && unknown.length > 0 && unknown.every(isIdleFault)) {
    tally.idle++;
    return;
  }
  tally.tried++;
  addCoverage(tally.coverage, coverage);
  if (properties.some(({ beyondClaims, violations }) => beyondClaims !== undefined && violations > 0)) {
    tally.brokenBeyond++;
  }
  if (failed.length > 0) tally.invalid++;
  else if (unknown.length > 0) tally.unknown++;
  else tally.valid++;
  const unclear = unknown.filter((property) => !isIdleFault(property));
  for (const { name, reason } of unclear) tally.unclear.push({ trial: number, text: `${name}: ${reason}` });
  for (const property of failed) {
    addGroup(tally, {
      trial: number,
      seed: plan.seed,
      property: property.name,
      channel: property.channel ?? null,
      shape: witnessShape(property),
      summary: property.witness?.summary ?? property.reason,
      count: 1,
      plan,
    });
  }
  order(tally);
}

/** A fault that touched no traffic says nothing of the protocols: the draw was a bad one. */
function isIdleFault(property: PropertyResult): boolean {
  return property.name === 'fault-effect' && property.verdict === 'unknown';
}

export function addTally(into: Tally, more: Tally): void {
  for (const key of ['tried', 'impossible', 'idle', 'valid', 'invalid', 'unknown', 'brokenBeyond'] as const) {
    into[key] += more[key];
  }
  addCoverage(into.coverage, more.coverage);
  into.unclear.push(...more.unclear);
  for (const group of more.groups) addGroup(into, group);
  order(into);
}

function addGroup(tally: Tally, group: FailureGroup): void {
  const at = tally.groups.findIndex(
    ({ property, channel, shape }) => property === group.property && channel === group.channel && shape === group.shape,
  );
  const known = tally.groups[at];
  if (known === undefined) tally.groups.push(group);
  else tally.groups[at] = { ...(group.trial < known.trial ? group : known), count: known.count + group.count };
}

/** By the earliest trial: whatever the order in which threads were done. */
function order(tally: Tally): void {
  tally.groups.sort((a, b) => a.trial - b.trial || (a.property < b.property ? -1 : a.property > b.property ? 1 : 0));
  tally.unclear.sort((a, b) => a.trial - b.trial);
  tally.unclear.length = Math.min(tally.unclear.length, MOST_UNCLEAR);
}

/** Of a search that stopped at its first failure: what was found in later trials by threads that were ahead is left out. */
export function firstFailureOnly(tally: Tally): void {
  const [first] = tally.groups;
  if (first === undefined) return;
  const kept = tally.groups.filter(({ trial }) => trial === first.trial).map((group) => ({ ...group, count: 1 }));
  tally.groups.splice(0, tally.groups.length, ...kept);
}
