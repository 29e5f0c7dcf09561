/**
 * Every `sometimes` condition that a protocol declares can be met: most in a few drawn trials, the rest in plans that bring
 * about what draws do not, such as large data or a limit that is off unless set.
 */
import { describe, expect, it } from 'vitest';
import type { AnyProtocol } from '../../impl/protocol.ts';
import { protocols } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { JUDGE_PARTS, KNOWLEDGE } from '../cli/parts.ts';
import type { Plan } from '../model/plan.ts';
import { planOf } from '../proof/test-scenario.ts';
import { tryBatch } from './batch.ts';
import type { TrialSpace } from './draw-trial.ts';
import { withLargeValue } from './larger-values.ts';
import { runTrial, withSwaps } from './trial.ts';

const REAL = [...protocols.values()].filter(({ name }) => !name.startsWith('textbook/'));
/** Draws that must do: most protocols have met everything after less than ten. */
const MOST_TRIALS = 60;

/** Values as long as may be: the register's and the broadcasts' own are a few bytes. */
function withLargeValues(plan: Plan): Plan {
  return { ...plan, operations: plan.operations.map(withLargeValue) };
}

function flooded(name: string): Plan {
  const overrides = [{ protocol: name, key: 'peerMessagesPerSecond', text: '60' }];
  return planOf('sometimes', { byzantine: '1:flood' }, { protocols: [name], nodes: 4, timeMs: 5000, overrides });
}

/** What draws meet rarely or never, by protocol and condition. */
const PLANNED: Readonly<Record<string, () => Plan>> = {
  'swim: limited': () => flooded('swim'),
  'rumor: limited': () => flooded('rumor'),
  'rumor: more-than-a-round-carries': () => {
    const overrides = [{ protocol: 'rumor', key: 'maxDatagramsPerRound', text: '8' }];
    const over = { protocols: ['rumor'], nodes: 4, timeMs: 5000, ratePerSecond: 40, overrides };
    return withLargeValues(planOf('sometimes', {}, over));
  },
  // Draws that take a live member down are rare: one in sixty.
  'akka: rejoined': () => {
    const overrides = [{ protocol: 'akka', key: 'downing', text: 'keep-majority' }];
    return planOf('sometimes', { partition: 'one' }, { protocols: ['akka'], nodes: 4, timeMs: 20_000, overrides });
  },
  // Ten keys and more with 512 bytes each: who comes back without its state lacks them all at once.
  'anti-entropy: streamed': () => {
    const over = { protocols: ['anti-entropy'], nodes: 4, timeMs: 10_000, ratePerSecond: 20, withoutState: true };
    return withLargeValues(planOf('sometimes', { kill: '1' }, over));
  },
};

/** Conditions that one plan meets, as `protocol: condition`. */
function metIn(plan: Plan, known: ReadonlyMap<string, AnyProtocol> = protocols): readonly string[] {
  return Object.keys(runTrial(plan, { ...JUDGE_PARTS, protocols: known }).coverage.sometimes);
}

/** Conditions that so many drawn trials meet; ends as soon as all that are `wanted` have been. */
function metInDraws(protocol: AnyProtocol, wanted: ReadonlySet<string>, trials: number): ReadonlySet<string> {
  const space: TrialSpace = { protocols: [protocol.name], nodes: [4, 7], timeMs: [10_000, 10_000], settings: 'drawn' };
  const parts = { ...JUDGE_PARTS, protocols: withSwaps(protocols, { [protocol.name]: protocol }) };
  const met = new Set<string>();
  for (let trial = 0; trial < trials && [...wanted].some((condition) => !met.has(condition)); trial++) {
    const task = { space, seed: 'sometimes', trials: [trial], first: false };
    const { coverage } = tryBatch(task, { knowledge: KNOWLEDGE, nemeses: NEMESES, parts });
    for (const condition of Object.keys(coverage.sometimes)) met.add(condition);
  }
  return met;
}

function declaredBy({ name, sometimes = {} }: AnyProtocol): string[] {
  return Object.keys(sometimes).map((condition) => `${name}: ${condition}`);
}

describe.each(REAL.map((protocol) => ({ protocol, name: protocol.name })))('$name', ({ protocol }) => {
  const declared = declaredBy(protocol);

  it('declares conditions, every one of them is met, and none that is not declared', () => {
    expect(declared.length).toBeGreaterThanOrEqual(2);
    const drawn = new Set(declared.filter((condition) => PLANNED[condition] === undefined));
    const met = metInDraws(protocol, drawn, MOST_TRIALS);
    expect([...drawn].filter((condition) => !met.has(condition))).toEqual([]);
    expect([...met].filter((condition) => !declared.includes(condition))).toEqual([]);
  }, 60_000);
});

it.each(Object.entries(PLANNED))('%s is met in a plan made for it', (condition, plan) => {
  expect(REAL.flatMap(declaredBy)).toContain(condition);
  expect(metIn(plan())).toContain(condition);
});

it('what is declared and never reached is found out, and so is what is reached and not declared', () => {
  const swim = REAL.find(({ name }) => name === 'swim');
  expect(swim).toBeDefined();
  const boastful: AnyProtocol = {
    ...swim,
    sometimes: { 'never-reached': { doc: 'nothing in the code says so' } },
  } as AnyProtocol;
  const declared = new Set(declaredBy(boastful));
  const met = metInDraws(boastful, declared, 12);
  expect([...declared].filter((condition) => !met.has(condition))).toEqual(['swim: never-reached']);
  expect([...met].filter((condition) => !declared.has(condition))).toContain('swim: suspicion-refuted');
});
