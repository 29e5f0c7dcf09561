/**
 * Test support: the history of a correct run (a story), edits of it as small as can be, and the judgement of what they
 * make of it. An edit must make the story false, or poorer by evidence; a story as it was told is the control.
 */
import { expect, it } from 'vitest';
import type { Data, Random } from '../../impl/protocol.ts';
import { JUDGE_PARTS } from '../cli/parts.ts';
import { digestOf } from '../model/canonical.ts';
import { conditionsOf } from '../model/conditions.ts';
import type { CompletionLine, HistoryLine, InvokeLine, LineType, ObserveLine, ViewLine } from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import { split } from '../model/rng.ts';
import type { PropertyResult } from '../model/verdict.ts';
import type { PlanRequest } from '../plan/make-plan.ts';
import { createJudge } from '../run/judge.ts';
import { type FaultFlags, planOf, runOnSim } from './test-scenario.ts';

export const MAP = 'anti-entropy';
/** Longer than any bound of the suite at quick settings. */
const LATER_MS = 40_000;
/** Edits of each kind in each story, in different places. */
const TRIES = 2;

export type History = readonly HistoryLine[];

export interface Story {
  readonly plan: Plan;
  readonly lines: History;
  /** Members that lie at any time or lose a life. */
  readonly faulty: ReadonlySet<string>;
  /** How each operation ended, by its number. */
  readonly ends: ReadonlyMap<number, CompletionLine>;
  /** Acknowledged writes of the map, by key, as they were asked for. */
  readonly writes: ReadonlyMap<string, readonly Write[]>;
}

export interface Write {
  readonly invoked: InvokeLine;
  readonly version: string;
  readonly value: Data;
}

/** undefined: this story has nothing that could be changed so. */
export type Edit = (story: Story, random: Random) => History | undefined;

export interface Named {
  readonly name: string;
  readonly story: () => Story;
}

/** Told once, when first asked for. */
export function story(name: string, plan: () => Plan, laterMs = 0): Named {
  let known: Story | undefined;
  return {
    name,
    story: () => {
      known ??= tell(plan(), laterMs);
      return known;
    },
  };
}

/** Of a plan as the command line would make it, of 15 s. `late`: with an end so late that nothing is owed any more. */
export function flagged(
  name: string,
  faults: FaultFlags,
  over: Partial<PlanRequest> = {},
  end: 'late' | 'as it was' = 'as it was',
): Named {
  const laterMs = end === 'late' ? LATER_MS : 0;
  return story(name, () => planOf(`mutated ${name}`, faults, { timeMs: 15_000, ...over }), laterMs);
}

function tell(plan: Plan, laterMs: number): Story {
  const told: HistoryLine[] = [];
  runOnSim(plan, { record: (line) => told.push(line) });
  const lines = laterMs === 0 ? told : endingLater(told, laterMs);
  const { byzantine, livesLost } = conditionsOf(plan, 'sim');
  const ends = new Map<number, CompletionLine>();
  for (const line of lines) {
    if (line.type === 'ok' || line.type === 'fail' || line.type === 'info') ends.set(line.op, line);
  }
  const writes = new Map<string, Write[]>();
  for (const invoked of lines) {
    if (!isInvoke(MAP, 'write')(invoked)) continue;
    const { key, value = null } = fieldsOf(invoked.value);
    const { version } = fieldsOf(ends.get(invoked.op)?.value);
    if (typeof key !== 'string' || typeof version !== 'string') continue;
    writes.set(key, [...(writes.get(key) ?? []), { invoked, version, value }]);
  }
  return { plan, lines, faulty: new Set([...byzantine, ...livesLost]), ends, writes };
}

/**
 * The same story with a later end: all from the final phase on comes so much later, and in between nothing happens.
 * Legal where nothing is owed any more, and then all that is missing at the end is overdue.
 */
function endingLater(lines: History, byMs: number): History {
  const from = finalTime(lines);
  return lines.map((line) => {
    if (line.type === 'environment' || line.time < from) return line;
    return { ...line, time: line.time + byMs * 1e6 };
  });
}

// --- judgement ------------------------------------------------------------------------------------------------------

export function judgeHistory(plan: Plan, lines: History): readonly PropertyResult[] {
  const judge = createJudge(plan, 'sim', JUDGE_PARTS);
  for (const line of lines) judge.line(line);
  return judge.end().properties;
}

/** What is wrong with a true story, as a line each. */
export function flaggedIn(properties: readonly PropertyResult[]): string[] {
  return properties
    .filter(({ verdict, violations, beyondClaims }) => {
      return verdict === 'invalid' || verdict === 'unknown' || (violations > 0 && beyondClaims === undefined);
    })
    .map((one) => `${one.name} ${one.channel ?? ''}: ${one.verdict}, ${one.reason}; ${one.witness?.summary ?? ''}`);
}

export interface Mutation {
  readonly edit: string;
  readonly make: Edit;
  /** Why no correct run can have such a history. */
  readonly because: string;
  /** Properties, with their channel where several have one. */
  readonly by: readonly (string | readonly [name: string, channel: string])[];
  /** `convicted`: each of them is invalid. `not green`: none is valid, and none says that the plan asked nothing of it. */
  readonly verdict: 'convicted' | 'not green';
  readonly on: readonly Named[];
}

/** Each mutation convicted wherever it can be made, and every story spared as it was told. */
export function testMutations(mutations: readonly Mutation[]): void {
  const stories = [...new Set(mutations.flatMap(({ on }) => on))];
  it.each(stories)('is spared as it was told: $name', ({ story: told }) => {
    const { plan, lines } = told();
    expect(flaggedIn(judgeHistory(plan, lines))).toEqual([]);
  });

  it.each(mutations)('$verdict: $edit', ({ edit, make, because, by, verdict, on }) => {
    let made = 0;
    const survived: string[] = [];
    for (const { name, story: told } of on) {
      const original = told();
      // An edit that draws nothing makes the same again.
      for (let attempt = 0; attempt < (make.length < 2 ? 1 : TRIES); attempt++) {
        const lines = make(original, split('mutated', edit, name, attempt));
        if (lines === undefined) continue;
        made++;
        const properties = judgeHistory(original.plan, lines);
        for (const one of by) {
          const [wanted, channel] = typeof one === 'string' ? [one, undefined] : one;
          const property = properties.find(
            (p) => p.name === wanted && (channel === undefined || p.channel === channel),
          );
          const found = property?.verdict;
          const isCaught = verdict === 'convicted' ? found === 'invalid' : found === 'invalid' || found === 'unknown';
          if (!isCaught) survived.push(`${name}: ${wanted} is ${found}, ${property?.reason}`);
        }
      }
    }
    expect(survived, because).toEqual([]);
    expect(made).toBeGreaterThan(0);
  });
}

// --- lines ----------------------------------------------------------------------------------------------------------

export type Observed<Kind extends ObserveLine['kind']> = Extract<ObserveLine, { kind: Kind }>;

export function isKind<Kind extends ObserveLine['kind']>(kind: Kind, channel?: string) {
  return (line: HistoryLine): line is Observed<Kind> =>
    line.type === 'observe' && line.kind === kind && (channel === undefined || line.channel === channel);
}

export function isInvoke(channel: string, ...names: readonly string[]) {
  return (line: HistoryLine): line is InvokeLine =>
    line.type === 'invoke' && line.channel === channel && names.includes(line.f);
}

export function isView(channel: string) {
  return (line: HistoryLine): line is ViewLine & { readonly view: Data } =>
    line.type === 'view' && line.channel === channel && line.view !== undefined;
}

/** One of the lines that fit, at random. */
export function pick<Line extends HistoryLine>(
  lines: History,
  random: Random,
  fits: (line: HistoryLine) => line is Line,
  and: (line: Line) => boolean = () => true,
): Line | undefined {
  const found = lines.filter((line): line is Line => fits(line) && and(line));
  return found[random.int(Math.max(1, found.length))];
}

export function without(lines: History, gone: (line: HistoryLine) => boolean): History {
  return lines.filter((line) => !gone(line));
}

export function withoutType(...types: readonly LineType[]): Edit {
  return ({ lines }) => without(lines, (line) => types.includes(line.type));
}

export function replace(lines: History, old: HistoryLine, by: HistoryLine): History {
  return lines.map((line) => (line === old ? by : line));
}

export function insertAfter(lines: History, place: HistoryLine, added: HistoryLine): History {
  return lines.flatMap((line) => (line === place ? [line, added] : [line]));
}

/** At the line's own time, behind all that is as early. */
export function insertInTime(lines: History, added: Exclude<HistoryLine, { type: 'environment' }>): History {
  const index = lines.findIndex((line) => line.type !== 'environment' && line.time > added.time);
  return index < 0 ? [...lines, added] : [...lines.slice(0, index), added, ...lines.slice(index)];
}

/** Another view, and the digest that belongs to it. */
export function seeing(line: ViewLine, view: Data): ViewLine {
  return { ...line, view, digest: digestOf(view) };
}

export function finalTime(lines: History): number {
  const final = lines.find((line) => line.type === 'phase' && line.phase === 'final');
  return final === undefined || final.type === 'environment' ? Number.NaN : final.time;
}

/** The fields of an object; none for anything else. */
export function fieldsOf(value: Data | undefined): Readonly<Record<string, Data>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Data>>)
    : {};
}
