/** What the link faults share: reading `VALUE[,SECOND]`, and one fault on all links per window. */
import { UserError } from '../harness/model/errors.ts';
import type { NemesisContext } from '../harness/model/nemesis.ts';

/** Splits `a` or `a,b`. Throws a UserError for a flag that stood alone and for further parts. */
export function splitArgument(text: string | true, flag: string, form: string): readonly [string, string | undefined] {
  if (text === true || text.trim() === '') throw new UserError(`${flag} needs a value`, undefined, `write ${form}`);
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > 2 || parts.some((part) => part === '')) {
    throw new UserError(`${flag} has a form of its own`, text, `write ${form}`);
  }
  return [parts[0] as string, parts[1]];
}

/** The value of a flag that takes exactly one. */
export function singleArgument(text: string | true, flag: string, form: string): string {
  const [value, second] = splitArgument(text, flag, form);
  if (second !== undefined) throw new UserError(`${flag} takes one value`, String(text), `write ${form}`);
  return value;
}

/** One fault for each window, with whatever `make` puts beside the window. */
export function perWindow<T>(
  context: NemesisContext,
  make: () => T,
): (T & { readonly atMs: number; readonly untilMs: number })[] {
  return context.windows.map(({ atMs, untilMs }) => ({ ...make(), atMs, untilMs }));
}

/** A probability with two digits, in [low, high]: what drawn plans use, so that they read well. */
export function drawShare(next: number, low: number, high: number): number {
  return Math.round((low + next * (high - low)) * 100) / 100;
}
