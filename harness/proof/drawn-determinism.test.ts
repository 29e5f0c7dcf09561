/**
 * Many drawn plans, run twice: in different processes and in opposite orders. All hashes are equal; a protocol that looks
 * at the machine's clock is caught by the same comparison. HEARSAY_SEEDS says how many plans.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seedCount } from './test-scenario.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PLANS = seedCount(12);
const PATIENCE_MS = 120_000 + PLANS * 2000;

// Beside the packages, which the program imports from there.
const folder = mkdtempSync(join(ROOT, 'node_modules', '.hearsay-hashes-'));
const work = mkdtempSync(join(tmpdir(), 'hearsay-hashes-'));
const program = join(folder, 'program.mjs');
afterAll(() => {
  for (const path of [folder, work]) rmSync(path, { recursive: true, force: true });
});

beforeAll(async () => {
  await build({
    entryPoints: [join(ROOT, 'harness/proof/hash-program.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
});

/** One line for each plan, sorted. */
async function hashes(count: number, order: 'up' | 'down', leak = ''): Promise<readonly string[]> {
  const { stdout } = await execa(process.execPath, [program, String(count), order, leak], { cwd: work });
  return stdout.split('\n').sort();
}

it(
  `${PLANS} drawn plans have equal hashes in two processes and opposite orders`,
  async () => {
    const [up, down] = await Promise.all([hashes(PLANS, 'up'), hashes(PLANS, 'down')]);
    expect(up).toEqual(down);
    expect(new Set(up).size).toBe(PLANS);
    expect(up.filter((line) => /[0-9a-f]{64}$/.test(line)).length).toBeGreaterThan(PLANS * 0.8);
  },
  PATIENCE_MS,
);

it(
  'a protocol that looks at the clock is caught by the same comparison',
  async () => {
    const count = Math.min(PLANS, 16);
    const [up, down] = await Promise.all([hashes(count, 'up', 'leak'), hashes(count, 'down', 'leak')]);
    expect(up).not.toEqual(down);
  },
  PATIENCE_MS,
);
