/** A plan as a command's argument names it: a plan file, one of the corpus, or the folder of a run. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../model/errors.ts';
import { type NamedPlan, parseNamedPlan } from '../model/plan-schema.ts';
import { FILES } from '../run/store.ts';
import { isFolder, readText } from './files.ts';
import { KNOWLEDGE } from './parts.ts';

/** Throws a UserError where there is none. */
export async function readPlanOrRun(path: string): Promise<NamedPlan & { readonly bug: string | undefined }> {
  const file = isFolder(path) ? join(path, FILES.plan) : path;
  if (file !== path && !existsSync(file)) refuseFolder(path);
  const text = readText(file, 'the plan');
  const named = await parseNamedPlan(text, file, KNOWLEDGE);
  return { ...named, bug: named.property === undefined ? undefined : plantedBug(text) };
}

/** What a search has found is many plans, and somebody has to say which. */
function refuseFolder(path: string): void {
  const plans = readdirSync(path).filter((name) => name.endsWith('.plan.json'));
  if (plans.length === 0) return;
  const shown = plans
    .sort()
    .slice(0, 3)
    .map((name) => join(path, name));
  const more = plans.length > shown.length ? ` (${plans.length} in all)` : '';
  throw new UserError(
    'the folder holds the plans of a search, and no single plan',
    path,
    `name one: ${shown.join(', ')}${more}`,
  );
}

/** Of a file of the corpus: the bug without which nothing breaks. */
function plantedBug(text: string): string | undefined {
  const { bug } = JSON.parse(text) as { readonly bug?: unknown };
  return typeof bug === 'string' && /^[A-Za-z0-9]{1,60}$/.test(bug) ? bug : undefined;
}
