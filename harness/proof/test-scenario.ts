/**
 * Test support: a plan as the command line would make it, run in the simulator and judged by the checkers that judge
 * every run. What is put in the place of a protocol or of the cluster is wrong on purpose; the judge knows nothing of it.
 */
import type { AnyProtocol } from '../../impl/protocol.ts';
import { protocols, SUITE } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { JUDGE_PARTS, KNOWLEDGE } from '../cli/parts.ts';
import { createOpenSim, type SimCluster, type SimOptions } from '../clusters/sim/sim.ts';
import type { HistoryLine, HistorySink } from '../model/history.ts';
import type { Nemesis } from '../model/nemesis.ts';
import type { Plan } from '../model/plan.ts';
import type { PropertyResult } from '../model/verdict.ts';
import { drawRequest } from '../plan/draw-request.ts';
import { makePlan, type PlanRequest } from '../plan/make-plan.ts';
import { HistoryHash } from '../run/history-file.ts';
import { runPlanSync } from '../run/run-plan.ts';

/** Flags of faults as on the command line, by their type: `{ partition: true, loss: '0.1' }`. */
export type FaultFlags = Readonly<Record<string, string | true>>;

/** Suite, 7 members, 30 s, quick settings and no fault, unless `over` or `faults` say otherwise. */
export function planOf(seed: string, faults: FaultFlags, over: Partial<PlanRequest> = {}): Plan {
  const requested = NEMESES.flatMap((nemesis) => {
    const text = faults[nemesis.type];
    return text === undefined ? [] : [{ nemesis, argument: nemesis.parse(text) }];
  });
  const known = new Set<string>(NEMESES.map((nemesis) => nemesis.type));
  const unknown = Object.keys(faults).find((type) => !known.has(type));
  if (unknown !== undefined) throw new Error(`no fault is called ${unknown}`);
  const request: PlanRequest = {
    seed,
    nodes: 7,
    timeMs: 30_000,
    protocols: SUITE,
    profile: 'quick',
    overrides: [],
    workloads: undefined,
    ratePerSecond: undefined,
    faults: requested,
    faultEveryMs: undefined,
    faultForMs: undefined,
    withoutState: false,
    ...over,
  };
  return makePlan(request, KNOWLEDGE);
}

/** A plan over faults of all kinds, drawn at random. `ratePerSecond`: of each workload, instead of its own. */
export function drawnPlan(
  seed: string,
  names: readonly string[] = SUITE,
  nemeses: readonly Nemesis[] = NEMESES,
  ratePerSecond?: number,
): Plan {
  return makePlan({ ...drawRequest({ seed, protocols: names, nemeses }), ratePerSecond }, KNOWLEDGE);
}

export interface SimScenario extends SimOptions {
  /** What runs in the place of a registered protocol, by that one's name. */
  readonly swap?: Readonly<Record<string, AnyProtocol>>;
  /** Changes the cluster before it runs. */
  readonly bend?: (cluster: SimCluster, plan: Plan) => void;
  readonly record?: HistorySink;
}

export interface SimOutcome {
  readonly properties: readonly PropertyResult[];
  /** As a stored history would have it. */
  readonly hash: string;
}

export function runOnSim(plan: Plan, { swap = {}, bend, record, ...options }: SimScenario = {}): SimOutcome {
  const running = new Map([...protocols, ...Object.entries(swap)]);
  const open = createOpenSim(running, options);
  const hash = new HistoryHash();
  const { properties } = runPlanSync({
    plan,
    cluster: 'sim',
    open: (options) => {
      const cluster = open(options);
      bend?.(cluster, plan);
      return cluster;
    },
    parts: JUDGE_PARTS,
    record: (line: HistoryLine) => {
      hash.add(line, JSON.stringify(line));
      record?.(line);
    },
  });
  return { properties, hash: hash.end() };
}

/** The one property of that name. */
export function propertyOf(properties: readonly PropertyResult[], name: string, channel?: string): PropertyResult {
  const found = properties.filter(
    (property) => property.name === name && (channel === undefined || property.channel === channel),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} properties are called ${name}`);
  return only;
}

/** Seeds of a test: as many as HEARSAY_SEEDS says, or `usual`. */
export function seedCount(usual: number): number {
  const asked = process.env.HEARSAY_SEEDS;
  if (asked === undefined || asked === '') return usual;
  const count = Number(asked);
  if (!Number.isInteger(count) || count < 1) throw new Error(`HEARSAY_SEEDS must be a whole number above 0: ${asked}`);
  return count;
}

export interface Correct {
  /** Whatever is no clean verdict: what, and why. */
  readonly flagged: readonly string[];
  /** How many of the runs had each property valid, by its name. */
  readonly valid: ReadonlyMap<string, number>;
}

/** What checkers say of so many runs that nothing is wrong with: `run` makes the one of a seed. */
export function judgeCorrect(seeds: number, run: (seed: number) => readonly PropertyResult[]): Correct {
  const flagged: string[] = [];
  const valid = new Map<string, number>();
  for (let seed = 0; seed < seeds; seed++) {
    for (const { name, verdict, violations, reason } of run(seed)) {
      if (violations > 0 || verdict === 'invalid' || verdict === 'unknown') {
        flagged.push(`${seed} ${name}: ${verdict}, ${violations} violations, ${reason}`);
      }
      valid.set(name, (valid.get(name) ?? 0) + (verdict === 'valid' ? 1 : 0));
    }
  }
  return { flagged, valid };
}
