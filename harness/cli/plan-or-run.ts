/** A plan as a command's argument names it: a plan file, or the folder of a run. */
import { join } from 'node:path';
import type { Plan } from '../model/plan.ts';
import { parsePlan } from '../model/plan-schema.ts';
import { FILES } from '../run/store.ts';
import { isFolder, readText } from './files.ts';
import { KNOWLEDGE } from './parts.ts';

/** Throws a UserError where there is none. */
export async function readPlanOrRun(path: string): Promise<Plan> {
  const file = isFolder(path) ? join(path, FILES.plan) : path;
  return parsePlan(readText(file, 'the plan'), file, KNOWLEDGE);
}
