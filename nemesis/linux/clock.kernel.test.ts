import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlannedFault } from '../../harness/model/fault.ts';
import { FaketimeFile, faketimeContent, faketimeEnvironment, findFaketime, TRUE_TIME } from './clock.ts';
import { MEASURED } from './test-context.ts';

const WINDOW = { atMs: 0, untilMs: 1 } as const;
const skew = (skewMs: number, targets = ['n1']): PlannedFault => ({
  type: 'clock-skew',
  id: `s${skewMs}`,
  ...WINDOW,
  targets,
  skewMs,
});
const drift = (factor: number): PlannedFault => ({
  type: 'clock-drift',
  id: `d${factor}`,
  ...WINDOW,
  targets: ['n1'],
  factor,
});

describe('a turned clock as text', () => {
  it('names offset and factor, always both', () => {
    expect(faketimeContent(TRUE_TIME)).toBe('+0.000000 x1\n');
    expect(faketimeContent({ skewMs: -3500, factor: 1, sinceMs: 9e9 })).toBe('-3.500000 x1\n');
  });

  it('takes back what the factor makes of the time before', () => {
    // At 10 s of age, 1.5 times 10 s less 5 s: the clock goes on from where it is.
    expect(faketimeContent({ skewMs: 0, factor: 1.5, sinceMs: 10_000 })).toBe('-5.000000 x1.5\n');
    expect(faketimeContent({ skewMs: 200, factor: 0.9, sinceMs: 10_000 })).toBe('+1.200000 x0.9\n');
  });

  it('is read at each look, and spares timers', () => {
    expect(faketimeEnvironment('/lib.so', '/clock')).toEqual({
      LD_PRELOAD: '/lib.so',
      FAKETIME_TIMESTAMP_FILE: '/clock',
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    });
  });
});

describe('the clock file of a member', () => {
  let directory: string;
  let file: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'hearsay-clock-'));
    file = join(directory, 'clock');
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  const content = (): string => readFileSync(file, 'utf8');

  it('adds skews up, passes other members by, and is true when all has ended', () => {
    const clock = new FaketimeFile(file, 1000);
    expect(content()).toBe('+0.000000 x1\n');
    clock.set([skew(5000), skew(-200), skew(77, ['n2'])], 'n1', 2000);
    expect(content()).toBe('+4.800000 x1\n');
    clock.set([], 'n1', 3000);
    expect(content()).toBe('+0.000000 x1\n');
  });

  it('lets a drift go on from where it was when another fault comes', () => {
    const clock = new FaketimeFile(file, 1000);
    clock.set([drift(1.1)], 'n1', 11_000);
    expect(content()).toBe('-1.000000 x1.1\n');
    // After 10 s it has gained 1 s, and is to show 5 s more: 1 + 5 - 0.1 * 20.
    clock.set([drift(1.1), skew(5000)], 'n1', 21_000);
    expect(content()).toBe('+4.000000 x1.1\n');
    clock.set([skew(5000)], 'n1', 22_000);
    expect(content()).toBe('+5.000000 x1\n');
  });
});

const library = findFaketime();
if (library === undefined)
  console.warn('SKIPPED: clocks by libfaketime: it is not installed (apt-get install libfaketime)');

/**
 * Prints the error of its wall clock against its monotonic one, whenever it is asked; at first it is 0. Each is the one of
 * several readings in which least time passed between the two clocks.
 */
const WATCH = `
function difference() {
  let best = { tookMs: Infinity, ms: 0, ageMs: 0 };
  for (let tries = 0; tries < 50; tries++) {
    const before = performance.now();
    const wallMs = Date.now();
    const tookMs = performance.now() - before;
    if (tookMs < best.tookMs) best = { tookMs, ms: wallMs - before, ageMs: before };
  }
  return best;
}
const base = difference().ms;
require('node:readline').createInterface({ input: process.stdin }).on('line', () => {
  const { ms, ageMs } = difference();
  console.log(JSON.stringify({ errorMs: ms - base, ageMs }));
}).on('close', () => process.exit());`;

describe.skipIf(library === undefined)('a process whose clock is turned', MEASURED, () => {
  it('follows skew, drift and strobe while its timers stay true', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hearsay-clock-'));
    const file = join(directory, 'clock');
    writeFileSync(file, faketimeContent(TRUE_TIME));
    const startedAtMs = Date.now();
    const clock = new FaketimeFile(file, startedAtMs);
    const child = spawn(process.execPath, ['-e', WATCH], {
      env: { ...process.env, ...faketimeEnvironment(library ?? '', file) },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const ask = async (): Promise<{ errorMs: number; ageMs: number }> => {
      const line = once(lines, 'line');
      child.stdin.write('\n');
      return JSON.parse(String((await line)[0])) as { errorMs: number; ageMs: number };
    };
    try {
      expect(Math.abs((await ask()).errorMs)).toBeLessThan(2);
      clock.set([skew(5000)], 'n1', Date.now());
      expect(Math.abs((await ask()).errorMs - 5000)).toBeLessThan(2);
      clock.set([skew(-3000)], 'n1', Date.now());
      expect(Math.abs((await ask()).errorMs + 3000)).toBeLessThan(2);
      const since = Date.now();
      clock.set([drift(3)], 'n1', since);
      await expect.poll(async () => (await ask()).errorMs, { timeout: 20_000 }).toBeGreaterThan(1000);
      // It gains two seconds a second: between two readings exactly that, however far apart they are.
      const first = await ask();
      await expect.poll(async () => (await ask()).ageMs, { timeout: 20_000 }).toBeGreaterThan(first.ageMs + 200);
      const last = await ask();
      expect((last.errorMs - first.errorMs) / (last.ageMs - first.ageMs)).toBeCloseTo(2, 1);
      clock.set([], 'n1', Date.now());
      expect(Math.abs((await ask()).errorMs)).toBeLessThan(2);
      const strobe: PlannedFault = {
        type: 'clock-strobe',
        id: 'l',
        ...WINDOW,
        targets: ['n1'],
        skewMs: 60_000,
        everyMs: 20,
      };
      clock.set([strobe], 'n1', Date.now());
      const seen = new Set<number>();
      await expect
        .poll(async () => seen.add(Math.round((await ask()).errorMs / 60_000)).size, { timeout: 20_000, interval: 7 })
        .toBe(2);
      clock.set([], 'n1', Date.now());
      expect(Math.abs((await ask()).errorMs)).toBeLessThan(2);
    } finally {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(directory, { recursive: true });
    }
  });
});
