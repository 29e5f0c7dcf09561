import { readFileSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { InvariantError, UnavailableError, UserError } from '../model/errors.ts';
import { InterruptedError, reportError } from './report-error.ts';

function report(error: unknown, environment: Record<string, string> = {}): { code: number; text: string } {
  let text = '';
  const stderr = { write: (more: string) => (text += more) };
  const code = reportError(error, { stdout: { write: () => expect.unreachable() }, stderr, environment });
  return { code, text };
}

test('a mistake is one line, whatever was given', () => {
  const { code, text } = report(new UserError('--loss is no share', 'a\nb\u001b[31m', 'write 0.1'));
  expect(code).toBe(64);
  expect(text).toBe('hearsay: --loss is no share (given: a b [31m); write 0.1\n');
  expect(report(new UnavailableError('a port is in use', '9000', 'take another')).code).toBe(69);
  expect(report(new InterruptedError()).code).toBe(130);
});

test('a broken invariant is one line too, with its stack in a file', () => {
  const { code, text } = report(new InvariantError('two\nlines'));
  expect(code).toBe(70);
  expect(text.trim().split('\n')).toHaveLength(1);
  const path = /details are in (\S+)/.exec(text)?.[1] ?? '';
  expect(readFileSync(path, 'utf8')).toMatch(/InvariantError: two\nlines\n\s+at /);
  rmSync(path);
});

test('HEARSAY_DEBUG=1 shows the stack', () => {
  expect(report(new Error('x'), { HEARSAY_DEBUG: '1' }).text).toMatch(/\n\s+at /);
  expect(report('a text that was thrown').code).toBe(70);
});
