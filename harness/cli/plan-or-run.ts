/** A plan as a command's argument names it: a plan file, one of the corpus, or the folder of a run. */
import { join } from 'node:path';
import { type NamedPlan, parseNamedPlan } from '../model/plan-schema.ts';
import { FILES } from '../run/store.ts';
import { isFolder, readText } from './files.ts';
import { KNOWLEDGE } from './parts.ts';

/** Throws a UserError where there is none. */
export async function readPlanOrRun(path: string): Promise<NamedPlan> {
  const file = isFolder(path) ? join(path, FILES.plan) : path;
  return parseNamedPlan(readText(file, 'the plan'), file, KNOWLEDGE);
}
