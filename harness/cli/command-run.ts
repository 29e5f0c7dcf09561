/**
 * Test support: a whole run by the command on a real cluster, for tests of the cluster. What no machine excuses is asserted
 * here: nothing is flagged, and unknown is only what somebody's lateness can leave so. The rest is the caller's to assert.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { HistoryLine } from '../model/history.ts';
import type { RunVerdict } from '../model/verdict.ts';
import { LATENESS_LEAVES_UNKNOWN, type RealRun, whileAwake } from '../proof/busy-machine.ts';

export interface CommandResult {
  readonly exitCode?: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandRun extends RealRun {
  /** The run's folder. */
  readonly out: string;
  readonly stdout: string;
  readonly verdict: RunVerdict;
}

export function linesOf(run: string): HistoryLine[] {
  const text = readFileSync(join(run, 'history.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryLine);
}

/** `command`: to run with that folder as its `--out`, which is below `folder`; again where the machine stood still. */
export async function soundRun(folder: string, command: (out: string) => Promise<CommandResult>): Promise<CommandRun> {
  let made: CommandRun | undefined;
  let said = '';
  let tries = 0;
  await whileAwake(async () => {
    const out = join(folder, `run-${++tries}`);
    const { exitCode, stdout, stderr } = await command(out);
    said = `${stdout}\n${stderr}`;
    expect([0, 1, 2], said).toContain(exitCode);
    const verdict = JSON.parse(readFileSync(join(out, 'verdict.json'), 'utf8')) as RunVerdict;
    made = { out, stdout, verdict, lines: linesOf(out), properties: verdict.properties };
    return made;
  });
  if (made === undefined) throw new Error('no run was made');
  const doubtful = made.properties.filter(
    ({ name, verdict }) => verdict === 'invalid' || (verdict === 'unknown' && !LATENESS_LEAVES_UNKNOWN.has(name)),
  );
  expect(doubtful, said).toEqual([]);
  expect(made.properties.some(({ verdict }) => verdict === 'valid')).toBe(true);
  return made;
}
