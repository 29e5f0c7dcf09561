/**
 * Three kinds of error: an operation's outcome is data (history.ts); a mistake of the user's is a `UserError`; a broken
 * invariant of ours is an `InvariantError`.
 */
import { EXIT } from './verdict.ts';

/** The call or a file is wrong, or something it needs is missing: shown as one line, without a stack trace. */
export class UserError extends Error {
  readonly exitCode: number;
  constructor(what: string, given: string | undefined, mend: string, exitCode: number = EXIT.usage) {
    super(`${what}${given === undefined ? '' : ` (given: ${excerpt(given)})`}; ${mend}`);
    this.name = 'UserError';
    this.exitCode = exitCode;
  }
}

/** The chosen cluster, or a fault on it, cannot be had on this machine. */
export class UnavailableError extends UserError {
  constructor(what: string, given: string | undefined, mend: string) {
    super(what, given, mend, EXIT.unavailable);
    this.name = 'UnavailableError';
  }
}

/** The harness itself is wrong. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvariantError';
  }
}

/** A member that should have started did not, before anything of the run had begun. */
export class StartError extends InvariantError {
  constructor(message: string) {
    super(message);
    this.name = 'StartError';
  }
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** What was given, made fit for one line: no control characters, at most 80 characters. */
export function excerpt(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return plain.length > 80 ? `${plain.slice(0, 77)}...` : plain;
}
