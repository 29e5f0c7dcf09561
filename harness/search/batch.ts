/** A batch of trials, tried one after the other. Pure: the same task gives the same tally in any thread, in any order. */
import type { Nemesis } from '../model/nemesis.ts';
import type { PlanKnowledge } from '../model/plan-check.ts';
import { drawTrial, type TrialSpace } from './draw-trial.ts';
import { addTrial, emptyTally, type Tally } from './tally.ts';
import { runTrial, type TrialParts } from './trial.ts';

export interface BatchTask {
  readonly space: TrialSpace;
  /** Of the search: trial i has the seed `seed-i`. */
  readonly seed: string;
  readonly trials: readonly number[];
  /** Stop at the first failure. */
  readonly first: boolean;
}

export interface BatchParts {
  readonly knowledge: PlanKnowledge;
  readonly nemeses: readonly Nemesis[];
  readonly parts: TrialParts;
}

/** The seed of a trial's plan. */
export function trialSeed(seed: string, trial: number): string {
  return `${seed}-${trial}`;
}

export function tryBatch(task: BatchTask, { knowledge, nemeses, parts }: BatchParts): Tally {
  const tally = emptyTally();
  for (const trial of task.trials) {
    const plan = drawTrial(task.space, trialSeed(task.seed, trial), knowledge, nemeses);
    if (plan === undefined) {
      tally.impossible++;
      continue;
    }
    addTrial(tally, trial, plan, runTrial(plan, parts));
    if (task.first && tally.invalid > 0) break;
  }
  return tally;
}
