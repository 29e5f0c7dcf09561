import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SUITE } from '../../impl/registry.ts';
import { escapeText } from '../../reports/text.ts';
import { xmlFault } from '../../reports/well-formed.ts';
import type { Capacity } from '../capacity/capacity.ts';
import { exitCodeOf } from './capacity-command.ts';
import { callCli } from './cli-harness.ts';

const root = mkdtempSync(join(tmpdir(), 'hearsay-capacity-'));
const at = (name: string): string => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const capacity = (out: string, ...flags: string[]) => callCli('capacity', '--time', '2s', ...flags, '--out', at(out));
const small = ['--members', '5,3', '--seeds', '1', '--seed', '<b>&"s'];

describe('capacity', () => {
  let suite: Awaited<ReturnType<typeof callCli>>;
  beforeAll(async () => {
    suite = await capacity('suite', ...small, '--json');
  });

  test('--json: every figure at every size, smallest first, from runs that were judged', async () => {
    expect(suite.code, suite.stderr).toBe(0);
    const { sizes, rows, seeds }: Capacity & { seeds: string[] } = JSON.parse(suite.stdout);
    expect(seeds).toEqual(['<b>&"s-1']);
    expect(sizes.map(({ members, runs, valid }) => [members, runs, valid])).toEqual([
      [3, 1, 1],
      [5, 1, 1],
    ]);
    const names = new Set(rows.map((row) => `${row.scope}/${row.figure}`));
    for (const latency of ['delivery_ms', 'write_all_ms', 'convergence_ms', 'operation_ms']) {
      for (const quantile of ['p50', 'p99']) expect(names).toContain(`/${latency}.${quantile}`);
    }
    for (const channel of ['', 'swim', 'rumor', 'anti-entropy', 'bracha']) {
      expect(names).toContain(`${channel}/bytes_per_member_second`);
      expect(names).toContain(`${channel}/messages_per_member_second`);
    }
    for (const row of rows) {
      expect(row.min <= row.median && row.median <= row.max, JSON.stringify(row)).toBe(true);
      expect(row.runs).toBe(1);
    }
    const bytes = (scope: string) =>
      rows.find((row) => row.scope === scope && row.members === 5 && row.figure === 'bytes_per_member_second')?.median;
    const parts = SUITE.map((channel) => bytes(channel) ?? Number.NaN);
    expect(parts.reduce((sum, each) => sum + each, 0)).toBeCloseTo(bytes('') ?? 0, 6);
  });

  test('theory stands beside what it speaks of', () => {
    const { rows }: Capacity = JSON.parse(suite.stdout);
    const expected = rows.filter((row) => row.expected !== null).map((row) => `${row.scope}/${row.figure}`);
    expect([...new Set(expected)]).toEqual([
      'rumor/delivery_ms.p50',
      'rumor/delivery_ms.p99',
      'register/write_all_ms.p50',
      'register/write_all_ms.p99',
      'swim/messages_per_member_second',
      'anti-entropy/messages_per_member_second',
    ]);
    // A ping and an ack in each period of 200 ms.
    expect(rows.find((row) => row.scope === 'swim' && row.expected !== null)?.expected).toBeCloseTo(10, 9);
  });

  test('the page runs nothing, is well formed, and shows names as names; the CSV has every row', () => {
    expect(readdirSync(at('suite')).sort()).toEqual(['capacity.csv', 'capacity.html']);
    const page = readFileSync(at('suite/capacity.html'), 'utf8');
    expect(xmlFault(page.slice(page.indexOf('<body>'), page.indexOf('</html>')))).toBeUndefined();
    expect(page).toContain("default-src 'none'; style-src 'sha256-");
    expect(page).toContain('&lt;b&gt;&amp;&quot;s-1');
    expect(page).toContain('<path');
    expect(page).toContain('<span class="word">MEASURED</span>');
    expect(page).toContain('All 2 runs kept what their protocols claim.');
    const repeat =
      "npm run capacity -- --members 3,5 --seeds 1 --time 2s --protocol swim,rumor,anti-entropy,aggregation,bracha --profile quick --seed '<b>&\"s'";
    expect(page).toContain(escapeText(repeat));
    expect(page).not.toMatch(/<script|<b>| style="|https?:\/\/|NaN|undefined|Infinity/);
    const { rows }: Capacity = JSON.parse(suite.stdout);
    const lines = readFileSync(at('suite/capacity.csv'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(rows.length + 1);
    expect(lines[1]).toMatch(/^3,all,delivery_ms\.p50,ms,1,/);
  });

  test('one seed gives the same files again; a table for a person; one protocol alone is all there is', async () => {
    expect((await capacity('again', ...small, '--json')).stdout).toBe(suite.stdout);
    for (const file of ['capacity.csv', 'capacity.html'])
      expect(readFileSync(at(`again/${file}`), 'utf8')).toBe(readFileSync(at(`suite/${file}`), 'utf8'));
    const push = await capacity('push', ...small, '--protocol', 'push');
    for (const word of ['push (quick)', '3 members', '5 members', 'write_all_ms.p99', 'valid runs: 3 members: 1 of 1'])
      expect(push.stdout).toContain(word);
    expect(push.stdout).toMatch(/write_all_ms.p50 +│ all +│ ms +│ [\d.]+ \(\d+\)/);
  });
});

test('a run that broke a promise, or that nobody could judge, shows in the exit code', () => {
  const size = { members: 3, runs: 2, valid: 2, invalid: 0, unknown: 0, rates: {} };
  const unknown = { ...size, valid: 1, unknown: 1 };
  const invalid = { ...size, valid: 1, invalid: 1 };
  expect(exitCodeOf({ sizes: [size, size] })).toBe(0);
  expect(exitCodeOf({ sizes: [size, unknown] })).toBe(2);
  expect(exitCodeOf({ sizes: [unknown, invalid, size] })).toBe(1);
});

describe('a mistake', () => {
  const mistakes: readonly (readonly [readonly string[], string])[] = [
    [['--members', '3,,5'], '--members'],
    [['--members', '1'], '--members'],
    [['--members', '2000'], '--members'],
    [['--members', '3,5,3'], 'twice'],
    [['--members', 'many'], 'many'],
    [['--seeds', '0'], '--seeds'],
    [['--seeds', '101'], '--seeds'],
    [['--seeds', '1', '--seeds', '2'], 'twice'],
    [['--time', 'long'], '--time'],
    [['--time', '1ms'], '--time'],
    [['--protocol', 'pushy'], 'pushy'],
    [['--protocol', 'swim,consul'], 'membership'],
    [['--profile', 'slow'], '--profile'],
    [['--workload', 'bank'], 'bank'],
    [['--rate', 'often'], '--rate'],
    [['--seed', 'x'.repeat(64)], '--seed'],
    [['--json=1'], '--json'],
    [['--out', ' '], '--out'],
    [['--out', at('full')], 'not empty'],
    [['--out', at('file')], 'file'],
    [['--out', at('file/below')], 'file'],
  ];
  beforeAll(() => {
    mkdirSync(at('full'));
    writeFileSync(at('full/other'), '');
    writeFileSync(at('file'), '');
  });

  test.each(mistakes)('%j is one line, exit code 64, and nothing written', async (flags, says) => {
    const before = readdirSync(root, { recursive: true }).sort();
    const out = flags[0] === '--out' ? [] : ['--out', at('never')];
    const { code, stdout, stderr } = await callCli('capacity', ...flags, ...out);
    expect([code, stdout]).toEqual([64, '']);
    const lines = stderr.split('\n').filter((line) => line.startsWith('hearsay: '));
    expect(lines, stderr).toHaveLength(1);
    expect(lines[0]).toContain(says);
    expect(existsSync(at('never'))).toBe(false);
    expect(readdirSync(root, { recursive: true }).sort()).toEqual(before);
  });
});
