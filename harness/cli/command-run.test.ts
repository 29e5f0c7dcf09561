import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Verdict } from '../model/verdict.ts';
import { type CommandResult, soundRun } from './command-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'hearsay-sound-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command that leaves a run of these verdicts, in which nobody stood still. */
function leaving(verdicts: Readonly<Record<string, Verdict>>, exitCode: number) {
  return async (out: string): Promise<CommandResult> => {
    const properties = Object.entries(verdicts).map(([name, verdict]) => ({ name, verdict }));
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'history.jsonl'), '{"type":"header"}\n');
    writeFileSync(join(out, 'verdict.json'), JSON.stringify({ properties }));
    return { exitCode, stdout: 'this is why', stderr: '' };
  };
}

it('takes a run that is valid, or unknown for what may be late', async () => {
  await soundRun(folder, leaving({ convergence: 'valid' }, 0));
  const late = leaving({ convergence: 'valid', estimate: 'unknown', detection: 'not-applicable' }, 2);
  expect((await soundRun(folder, late)).verdict.properties).toHaveLength(3);
});

it.each([
  ['a flagged one', { convergence: 'valid', estimate: 'invalid' }, 1],
  ['unknown without an excuse', { convergence: 'valid', 'mass-conservation': 'unknown' }, 2],
  ['nothing that is valid', { convergence: 'unknown' }, 2],
  ['no run at all', {}, 69],
] as const)('takes not: %s', async (_what, verdicts, exitCode) => {
  await expect(soundRun(folder, leaving(verdicts, exitCode))).rejects.toThrow(/this is why|false to be true/);
});
