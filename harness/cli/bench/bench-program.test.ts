import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { programPath } from '../../clusters/real/program-path.ts';

const bench = (...flags: string[]) => execa(process.execPath, [programPath('bench.js'), ...flags], { reject: false });

describe('the bench as a program', () => {
  it('prints what was asked for, with the machine and the ratio to what is wanted', async () => {
    const { exitCode, stdout } = await bench('--tiny', '--only', 'spread', '--json');
    expect(exitCode).toBe(0);
    const { machine, rows } = JSON.parse(stdout);
    expect(machine.cores).toBeGreaterThan(0);
    expect(rows).toHaveLength(1);
    expect(rows[0].ratio).toBeCloseTo(rows[0].wanted / rows[0].measured, 6);
  });

  it('a figure that there is not is a mistake, in one line that names those that there are', async () => {
    const { exitCode, stdout, stderr } = await bench('--only', 'nothing');
    expect([exitCode, stdout]).toEqual([64, '']);
    expect(stderr.split('\n')).toHaveLength(1);
    expect(stderr).toContain('sim-flood');
  });
});
