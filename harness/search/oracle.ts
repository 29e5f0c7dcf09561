/** Does a plan break a property, in the simulator? What shrinking asks over and over. */
import { type AnyProtocol, type Data, settingsOf } from '../../impl/protocol.ts';
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { checkPlan, type PlanKnowledge } from '../model/plan-check.ts';
import type { PropertyResult } from '../model/verdict.ts';
import { broken, runTrial, type TrialParts } from './trial.ts';

/** Names of the properties that the plan breaks, once each; none where the plan makes no sense. */
export function brokenBy(plan: Plan, parts: TrialParts, knowledge: PlanKnowledge): readonly string[] {
  return [...new Set(violationsBy(plan, parts, knowledge).map((property) => property.name))];
}

/** The same, with their witnesses. */
export function violationsBy(plan: Plan, parts: TrialParts, knowledge: PlanKnowledge): readonly PropertyResult[] {
  try {
    checkPlan(plan, knowledge, 'the plan');
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
  return broken(runTrial(plan, parts).properties);
}

/** Settings of the quick profile, which shrinking goes back to where it can. */
export function quickSettings(protocols: ReadonlyMap<string, AnyProtocol>) {
  return (name: string): Readonly<Record<string, Data>> | undefined => {
    const protocol = protocols.get(name);
    return protocol === undefined ? undefined : settingsOf<Record<string, Data>>(protocol.settings, 'quick');
  };
}

/** What members may lie with, which shrinking tries in the place of a planned lie. */
export function liesOf(protocols: ReadonlyMap<string, AnyProtocol>) {
  return (name: string): readonly string[] => Object.keys(protocols.get(name)?.lies ?? {});
}
