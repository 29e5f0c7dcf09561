/** From a plan file's text to a plan that can be trusted, or one line that says what is wrong and how to mend it. */
import { UserError } from './errors.ts';
import { PLAN_FORMAT, PLAN_VERSION, type Plan } from './plan.ts';
import { checkPlan, type PlanKnowledge } from './plan-check.ts';
import { createPlanSchema } from './plan-zod.ts';

export type { PlanKnowledge } from './plan-check.ts';

/** A plan, and the property that it breaks where the file says so, as those of corpus/ do. */
export interface NamedPlan {
  readonly plan: Plan;
  readonly property: string | undefined;
}

/** Throws a UserError: no JSON, no plan, another version, a wrong shape, or something that makes no sense. */
export async function parsePlan(text: string, fileName: string, knowledge: PlanKnowledge): Promise<Plan> {
  return (await parseNamedPlan(text, fileName, knowledge)).plan;
}

/** The same, of a file that is a plan or holds one under `plan` (corpus/README.md). */
export async function parseNamedPlan(text: string, fileName: string, knowledge: PlanKnowledge): Promise<NamedPlan> {
  const { raw, property } = unwrap(parseJson(text, fileName));
  checkEnvelope(raw, fileName);
  const parsed = createPlanSchema(await import('zod')).safeParse(raw);
  if (!parsed.success) throw shapeError(parsed.error.issues, raw, fileName);
  // The schema is strict and changes nothing, so what was read is the plan.
  const plan = raw as Plan;
  checkPlan(plan, knowledge, fileName);
  return { plan, property };
}

function unwrap(raw: unknown): { readonly raw: unknown; readonly property: string | undefined } {
  if (typeof raw !== 'object' || raw === null || 'format' in raw || !('plan' in raw)) {
    return { raw, property: undefined };
  }
  const property = 'property' in raw && typeof raw.property === 'string' ? raw.property : undefined;
  return { raw: raw.plan, property };
}

function parseJson(text: string, fileName: string): unknown {
  const mend = 'write a plan with --plan-only and start from that';
  if (text.trim() === '') throw new UserError(`${fileName} is empty`, undefined, mend);
  if (text.includes('\u0000')) throw new UserError(`${fileName} is a binary file and no plan`, undefined, mend);
  try {
    return JSON.parse(text);
  } catch {
    const length = longestPromisingPrefix(text);
    if (length === text.length) {
      throw new UserError(`${fileName} is cut off: its JSON ends too early`, text.slice(-40), mend);
    }
    const before = text.slice(0, length).split('\n');
    const line = text.split('\n')[before.length - 1] ?? '';
    const where = `${fileName}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
    throw new UserError(`${where} is no JSON`, line.trim(), mend);
  }
}

/**
 * How far the text could still become JSON. V8 does not always say where it gave up, so that is searched for: every
 * prefix up to there either parses or ends too early.
 */
function longestPromisingPrefix(text: string): number {
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isPromising(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function isPromising(prefix: string): boolean {
  try {
    JSON.parse(prefix);
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const position = /position (\d+)/.exec(message)?.[1];
    return /^(unexpected end|unterminated)/i.test(message) || Number(position) >= prefix.length;
  }
}

function checkEnvelope(raw: unknown, fileName: string): void {
  const mend = 'write a plan with --plan-only and start from that';
  if (typeof raw !== 'object' || raw === null || !('format' in raw) || raw.format !== PLAN_FORMAT) {
    throw new UserError(`${fileName} is no plan: its format is not ${PLAN_FORMAT}`, JSON.stringify(raw), mend);
  }
  const version = 'version' in raw ? raw.version : undefined;
  if (version !== PLAN_VERSION) {
    const given = JSON.stringify(version) ?? 'none';
    throw new UserError(
      `${fileName} has a version that this hearsay cannot read`,
      given,
      `it reads ${PLAN_VERSION}; ${mend}`,
    );
  }
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code: string;
  readonly errors?: readonly (readonly Issue[])[];
  readonly keys?: readonly string[];
}

function shapeError(issues: readonly unknown[], raw: unknown, fileName: string): UserError {
  const issue = deepest(issues[0] as Issue);
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const where = path.replace(/^\./, '') || 'the plan';
  if (issue.code === 'unrecognized_keys') {
    return new UserError(`${fileName}: ${where} has a key that no plan has`, issue.keys?.join(', '), 'take it out');
  }
  const given = issue.path.reduce<unknown>(
    (value, part) => (typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined),
    raw,
  );
  const what = given === undefined ? 'is missing' : 'is wrong';
  const expected = issue.message.replace(/^Invalid (input|string): /, '').replace(/, received .*$/, '');
  return new UserError(
    `${fileName}: ${where} ${what}`,
    given === undefined ? undefined : JSON.stringify(given),
    mendOf(expected),
  );
}

function mendOf(expected: string): string {
  return expected.startsWith('expected ') ? `write what is ${expected}` : `write this: ${expected}`;
}

/** Of a union's failures the one that got furthest into the value. */
function deepest(issue: Issue): Issue {
  const branches = (issue.errors ?? []).flatMap((branch) => branch.slice(0, 1)).map(deepest);
  const best = branches.reduce<Issue | undefined>(
    (far, next) => (far === undefined || next.path.length > far.path.length ? next : far),
    undefined,
  );
  if (best === undefined || best.path.length === 0) return issue;
  return { ...best, path: [...issue.path, ...best.path] };
}
