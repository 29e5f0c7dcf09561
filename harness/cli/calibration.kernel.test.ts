/** Runs on the netns cluster leave what links did before them, and what the kernel counted. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { offers } from '../clusters/netns/test-machine.ts';
import type { Calibration } from '../model/calibration.ts';
import type { KernelCounters } from '../model/counters.ts';
import { callCli } from './cli-harness.ts';

const lack = await offers(process.getuid?.() === 0 ? 'root' : 'rootless');
const root = mkdtempSync(join(tmpdir(), 'hearsay-calibration-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const QUICK = ['nemesis', '--cluster', 'netns', '--time', '4s', '--nodes', '4', '--protocol', 'swim', '--seed', 'c'];
const FAULTS = ['--loss', '0.3', '--partition', 'one-way'];

describe.skipIf(lack !== undefined)('a run whose faults the kernel makes', () => {
  it('is preceded by a calibration, which its report shows and its history does not know of', async () => {
    const out = join(root, 'run');
    const { code, stdout, stderr } = await callCli(...QUICK, ...FAULTS, '--json', '--out', out);
    expect([0, 2], stderr).toContain(code);
    expect(stderr).toMatch(/^calibration: 2 faults on \d+ links in \d\.\d s; \d+ of \d+ outside/m);
    expect(stderr).not.toContain('NO EFFECT');
    const calibration = JSON.parse(readFileSync(join(out, 'calibration.json'), 'utf8')) as Calibration;
    expect(calibration.faults.map(({ type, effect }) => `${type} ${effect}`).sort()).toEqual([
      'loss seen',
      'partition seen',
    ]);
    for (const { type, links } of calibration.faults) {
      for (const { touched, asked, measured, low, high } of links) {
        expect(low <= measured && measured <= high).toBe(true);
        if (type === 'partition') expect(measured).toBe(touched ? 1 : 0);
        // A correct loss lies so far off less than once in a billion links (200 datagrams each).
        else expect(Math.abs(measured - asked)).toBeLessThan(0.2);
      }
      if (type === 'partition') expect(links.filter(({ touched }) => !touched).length).toBeGreaterThan(0);
    }
    // Pooled, correct faults lie outside once in a hundred times; both at once would be worth a look.
    expect(calibration.faults.some(({ pooled }) => pooled.within)).toBe(true);
    const counters = JSON.parse(readFileSync(join(out, 'counters.json'), 'utf8')) as KernelCounters;
    expect(counters.members.map(({ member }) => member)).toEqual(['n1', 'n2', 'n3', 'n4']);
    expectOwnTraffic(counters, out);

    const page = readFileSync(join(out, 'report.html'), 'utf8');
    for (const part of ['<section id="link-calibration">', 'What the kernel counted']) expect(page).toContain(part);
    const history = readFileSync(join(out, 'history.jsonl'), 'utf8');
    expect(history).not.toContain('calibration');
    rmSync(join(out, 'report.html'));
    const again = await callCli('report', out, '--json');
    expect(JSON.parse(again.stdout).historyHash).toBe(JSON.parse(stdout).historyHash);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toBe(page);
    // Without the files the same history has the same hash, and a report that lacks what was in them.
    for (const file of ['calibration.json', 'counters.json']) rmSync(join(out, file));
    const without = await callCli('report', out, '--json');
    expect(JSON.parse(without.stdout).historyHash).toBe(JSON.parse(stdout).historyHash);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).not.toContain('link-calibration');
  });

  it('is not where that is not wanted', async () => {
    const out = join(root, 'without');
    const { stderr } = await callCli(...QUICK, ...FAULTS, '--no-calibrate', '--out', out);
    expect(stderr).not.toContain('calibration:');
    expect(existsSync(join(out, 'calibration.json'))).toBe(false);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).not.toContain('link-calibration');
  });
});

/** What was sent to calibrate is not among it. Nothing takes away what a member sends before the kernel counts it, here. */
function expectOwnTraffic({ members }: KernelCounters, out: string): void {
  const lines = readFileSync(join(out, 'history.jsonl'), 'utf8').trim().split('\n');
  for (const { member, sent } of members) {
    let messages = 0;
    for (const text of lines) {
      const line = JSON.parse(text) as { type: string; member?: string; sent?: Record<string, [number, number]> };
      if (line.type !== 'traffic' || line.member !== member) continue;
      for (const [count] of Object.values(line.sent ?? {})) messages += count;
    }
    expect(messages, member).toBeGreaterThan(50);
    expect(sent.packets, member).toBeGreaterThan(messages * 0.5);
    expect(sent.packets, member).toBeLessThan(messages * 1.02);
  }
}

it('changes nothing on clusters that make their faults themselves', async () => {
  const out = join(root, 'sim');
  const flags = [
    '--cluster',
    'sim',
    '--time',
    '2s',
    '--nodes',
    '3',
    '--protocol',
    'swim',
    '--loss',
    '0.3',
    '--seed',
    'c',
  ];
  const { stderr } = await callCli('nemesis', ...flags, '--out', out);
  expect(stderr).not.toContain('calibration:');
  expect(existsSync(join(out, 'calibration.json'))).toBe(false);
  expect(existsSync(join(out, 'counters.json'))).toBe(false);
});
