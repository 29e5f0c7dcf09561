/** A plan as a command's argument names it: a plan file, or the folder of a run. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../model/plan.ts';
import { parsePlan } from '../model/plan-schema.ts';
import { FILES } from '../run/store.ts';
import { readText } from './files.ts';
import { KNOWLEDGE } from './parts.ts';

/** Throws a UserError where there is none. */
export async function readPlanOrRun(path: string): Promise<Plan> {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, FILES.plan) : path;
  return parsePlan(readText(file, 'the plan'), file, KNOWLEDGE);
}
