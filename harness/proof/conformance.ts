/**
 * The same plan in the simulator and on a real cluster: what the plan alone decides comes out the same.
 * Both sides of a cut declare each other dead, all merge after the heal, every operation is invoked, and every register
 * ends in a value that the order of the planned writes allows.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Data } from '../../impl/protocol.ts';
import { JUDGE_PARTS } from '../cli/parts.ts';
import type { OpenCluster } from '../model/cluster.ts';
import { type PartitionFault, touches } from '../model/fault.ts';
import type { HistoryLine } from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import { combine, type PropertyResult } from '../model/verdict.ts';
import { runPlan } from '../run/run-plan.ts';
import { LATENESS_LEAVES_UNKNOWN, type RealRun, whileAwake } from './busy-machine.ts';
import { planOf, runOnSim } from './test-scenario.ts';

/** Writes to one key that are closer than this may be ordered either way, ms. */
const CLOSE_MS = 500;

/** What a history says, in the terms of the plan. */
interface Facts {
  readonly properties: readonly PropertyResult[];
  /** `operation member f`, in order of the operations. */
  readonly invoked: readonly string[];
  /** `observer>subject`, each once, sorted. */
  readonly deaths: readonly string[];
  /** Final views by member, then channel. */
  readonly views: ReadonlyMap<string, ReadonlyMap<string, Data>>;
}

function factsOf(lines: readonly HistoryLine[], properties: readonly PropertyResult[]): Facts {
  const invoked: [number, string][] = [];
  const deaths = new Set<string>();
  const views = new Map<string, Map<string, Data>>();
  for (const line of lines) {
    if (line.type === 'invoke') invoked.push([line.op, `${line.op} ${line.member} ${line.f}`]);
    else if (line.type === 'observe' && line.kind === 'status' && line.status === 'dead') {
      deaths.add(`${line.member}>${line.subject}`);
    } else if (line.type === 'view' && line.view !== undefined) {
      views.set(line.member, (views.get(line.member) ?? new Map<string, Data>()).set(line.channel, line.view));
    }
  }
  invoked.sort(([a], [b]) => a - b);
  return { properties, invoked: invoked.map(([, text]) => text), deaths: [...deaths].sort(), views };
}

async function onReal(plan: Plan, cluster: string, open: OpenCluster): Promise<Facts> {
  const run = async (): Promise<RealRun> => {
    const lines: HistoryLine[] = [];
    const record = (line: HistoryLine): void => void lines.push(line);
    const { properties } = await runPlan({ plan, cluster, open, parts: JUDGE_PARTS, record });
    return { lines, properties };
  };
  // Who stands still for long is given up by those who can reach it.
  const { lines, properties } = await whileAwake(
    run,
    (made) => factsOf(made.lines, made.properties).deaths.join() !== severed(plan).join(),
  );
  return factsOf(lines, properties);
}

function onSim(plan: Plan): Facts {
  const lines: HistoryLine[] = [];
  const { properties } = runOnSim(plan, { record: (line) => lines.push(line) });
  return factsOf(lines, properties);
}

/** Everyone that a link was cut to, as seen from the other end, sorted. */
function severed(plan: Plan): string[] {
  const [cut] = plan.faults as readonly PartitionFault[];
  const names = plan.members.map((member) => member.name);
  const pairs = names.flatMap((a) => names.filter((b) => cut && touches(cut.cuts, a, b)).map((b) => `${a}>${b}`));
  return pairs.sort();
}

/** Values that each key may end in, null where it may end deleted: its last mutation's, or one's close before it. */
function legalValues(plan: Plan): Map<string, Set<Data>> {
  const mutations = plan.operations.filter((operation) => operation.f === 'write' || operation.f === 'delete');
  const legal = new Map<string, Set<Data>>();
  for (const { value } of mutations) {
    const { key } = value as { key: string };
    const own = mutations.filter((mutation) => (mutation.value as { key: string }).key === key);
    const last = Math.max(...own.map((mutation) => mutation.atMs));
    const late = own.filter((mutation) => mutation.atMs >= last - CLOSE_MS);
    legal.set(key, new Set(late.map((mutation) => (mutation.value as { value?: Data }).value ?? null)));
  }
  return legal;
}

function registers(facts: Facts, member: string): Readonly<Record<string, readonly [string, Data]>> {
  return facts.views.get(member)?.get('anti-entropy') as Readonly<Record<string, readonly [string, Data]>>;
}

export function onePlanConformance(cluster: string, open: OpenCluster): void {
  describe(`one plan on sim and on ${cluster}`, () => plansAlike(cluster, open));
}

function plansAlike(cluster: string, open: OpenCluster): void {
  // In the simulator both sides have given the other up within 2.2 s in each of 200 seeds; the cut lasts 6 s.
  const plan = planOf('both', { partition: true }, { nodes: 4, timeMs: 8000, faultEveryMs: 8000, faultForMs: 6000 });
  let sim: Facts;
  let real: Facts;
  beforeAll(async () => {
    sim = onSim(plan);
    real = await onReal(plan, cluster, open);
  }, 180_000);

  it('judges the same properties, and none is flagged', () => {
    const names = (facts: Facts) => facts.properties.map((property) => `${property.name} ${property.channel ?? ''}`);
    expect(names(real)).toEqual(names(sim));
    for (const facts of [sim, real]) {
      const reasons = facts.properties.filter((property) => property.verdict === 'invalid');
      expect(reasons).toEqual([]);
    }
    expect(combine(sim.properties)).toBe('valid');
    const unclear = real.properties.filter(
      ({ name, verdict }) => verdict === 'unknown' && !LATENESS_LEAVES_UNKNOWN.has(name),
    );
    expect(unclear).toEqual([]);
    expect(real.properties.some(({ name, verdict }) => verdict === 'valid' && !LATENESS_LEAVES_UNKNOWN.has(name))).toBe(
      true,
    );
  });

  it('invokes every planned operation', () => {
    const planned = plan.operations.map((operation) => `${operation.id} ${operation.member} ${operation.f}`);
    expect(planned.length).toBeGreaterThan(50);
    expect(sim.invoked).toEqual(planned);
    expect(real.invoked).toEqual(planned);
  });

  it('has both sides of the cut declare each other dead, and nobody else', () => {
    expect(severed(plan)).toHaveLength(8);
    expect(sim.deaths).toEqual(severed(plan));
    expect(real.deaths).toEqual(severed(plan));
  });

  it('merges after the heal: all believe all alive', () => {
    for (const { name } of plan.members) {
      const view = real.views.get(name)?.get('swim');
      expect(view).toEqual({ alive: plan.members.map((member) => `${member.name}/1`), suspect: [] });
      expect(view).toEqual(sim.views.get(name)?.get('swim'));
    }
  });

  it('ends every register in a value that the planned writes allow, the same one where there is only one', () => {
    const legal = legalValues(plan);
    const single = [...legal].filter(([, values]) => values.size === 1).length;
    expect(single).toBeGreaterThan(legal.size / 2);
    for (const facts of [sim, real]) {
      for (const { name } of plan.members) {
        const held = registers(facts, name);
        expect(Object.keys(held).sort()).toEqual([...legal.keys()].sort());
        for (const [key, values] of legal) expect([...values], `${key} at ${name}`).toContainEqual(held[key]?.[1]);
      }
    }
  });
}
