/** The usual run on the simulator, as a user makes it: a process, a stored history, a report. */
import { join } from 'node:path';
import { execa } from 'execa';
import { cliProgram } from './cli-program.ts';
import { type Figure, median, secondsSince } from './figure.ts';
import { threeDigits } from './table.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const SEEDS = 20;

export const defaultRuns: Figure = {
  name: 'default-runs',
  doc: `${SEEDS} runs of nemesis --cluster sim --partition --loss 0.1, seeds 1 to ${SEEDS}`,
  async measure(note, size) {
    const seeds = size === 'tiny' ? 1 : SEEDS;
    // Shorter than this, a partition leaves no time for what is asked of the members after it.
    const shorter = size === 'tiny' ? ['--nodes', '4', '--time', '10s'] : [];
    note(`sim: ${seeds} default runs`);
    const seconds: number[] = [];
    const failed: string[] = [];
    await inTemporaryFolder(async (directory) => {
      for (let seed = 1; seed <= seeds; seed++) {
        const flags = ['--cluster', 'sim', '--partition', '--loss', '0.1', '--seed', String(seed), ...shorter];
        const out = ['--out', join(directory, String(seed))];
        const started = performance.now();
        const { exitCode } = await execa(process.execPath, [cliProgram(), 'nemesis', ...flags, ...out], {
          stdio: 'ignore',
          reject: false,
        });
        seconds.push(secondsSince(started));
        if (exitCode !== 0) failed.push(`seed ${seed}: ${exitCode}`);
      }
    });
    const range = `${threeDigits(Math.min(...seconds))} to ${threeDigits(Math.max(...seconds))}`;
    const codes = failed.length === 0 ? 'all with exit code 0' : `exit codes other than 0: ${failed.join(', ')}`;
    return [
      {
        figure: 'sim: default run with report, partition, loss 0.1',
        measured: median(seconds),
        wanted: undefined,
        unit: 's',
        how: `the whole command${shorter.length === 0 ? ' for 7 members and 30 virtual s' : ''}; median of ${seeds} seeds (${range}), ${codes}`,
      },
      {
        figure: 'sim: default runs that do not end with 0',
        measured: failed.length,
        wanted: undefined,
        unit: `of ${seeds}`,
        how: `the same runs, seeds 1 to ${seeds}`,
      },
    ];
  },
};
