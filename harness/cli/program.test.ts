import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import * as z from 'zod';
import { NEMESES } from '../../nemesis/registry.ts';
import { createVerdictSchema } from '../model/verdict-zod.ts';
import { callCli } from './cli-harness.ts';

const root = mkdtempSync(join(tmpdir(), 'hearsay-program-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const run = (out: string, ...more: string[]) =>
  callCli('nemesis', '--cluster', 'sim', '--time', '10s', '--seed', 'e', ...more, '--out', join(root, out));

test('--json prints one object that fits the schema on stdout, and all else on stderr', async () => {
  const { code, stdout, stderr } = await run('json', '--partition', '--loss', '0.1', '--json');
  expect(stdout.trim().split('\n')).toHaveLength(1);
  const verdict = createVerdictSchema(z).parse(JSON.parse(stdout));
  expect(verdict.exitCode).toBe(code);
  expect(verdict.seed).toBe('e');
  expect(verdict.properties.length).toBeGreaterThan(5);
  expect(stderr).toContain('seed e');
  expect(stderr).toContain('report: ');
  expect(`${stdout}${stderr}`).not.toContain('\u001b');
  expect(readdirSync(join(root, 'json')).sort()).toEqual(
    expect.arrayContaining(['history.jsonl', 'junit.xml', 'plan.json', 'report.html', 'report.json', 'verdict.json']),
  );
});

test('a saved plan gives the same history as the flags that made it', async () => {
  const first = JSON.parse((await run('flags', '--churn', '30/min', '--json')).stdout);
  await callCli(
    'nemesis',
    '--time',
    '10s',
    '--seed',
    'e',
    '--churn',
    '30/min',
    '--plan-only',
    '--out',
    join(root, 'saved'),
  );
  const plan = join(root, 'saved', 'plan.json');
  const again = await callCli('nemesis', '--cluster', 'sim', '--plan', plan, '--json', '--out', join(root, 'again'));
  expect(JSON.parse(again.stdout).historyHash).toBe(first.historyHash);
  expect(readFileSync(plan, 'utf8')).toBe(readFileSync(join(root, 'flags', 'plan.json'), 'utf8'));
});

test('an SLO that is missed gives exit code 3 where all else is valid', async () => {
  const slo = join(root, 'slo.yaml');
  writeFileSync(slo, 'operation_ms.p99: "< 0.001"\n');
  const missed = await run('slo', '--json', '--slo', slo);
  const verdict = JSON.parse(missed.stdout);
  expect(verdict.slos).toMatchObject([{ metric: 'operation_ms.p99', met: false }]);
  expect([verdict.verdict, missed.code]).toEqual(['valid', 3]);
  expect((await callCli('check', join(root, 'slo'))).code).toBe(3);
});

test('list names every protocol, workload, fault and claimed property', async () => {
  const text = (await callCli('list')).stdout;
  const catalogue = JSON.parse((await callCli('list', '--json')).stdout);
  expect(catalogue.protocols.map((protocol: { name: string }) => protocol.name)).toEqual(
    expect.arrayContaining(['swim', 'rumor', 'anti-entropy', 'bracha']),
  );
  for (const kind of ['protocols', 'workloads', 'properties']) {
    for (const { name } of catalogue[kind]) expect(text).toContain(name);
  }
  const properties = catalogue.properties.map((property: { name: string }) => property.name);
  for (const protocol of catalogue.protocols) {
    for (const claim of protocol.claims) expect(properties).toContain(claim.property);
  }
});

test('list with names shows these and nothing else, and knows what it does not know', async () => {
  const { stdout } = await callCli('list', 'swim', 'convergence', 'loss');
  expect(stdout).toContain('liars that are survived, at most:');
  expect(stdout).toContain(
    'no-refute, replay, flood (100 messages a second to each peer): 2 of 4, 5 of 7, 8 of 10, 11 of 13 members',
  );
  expect(stdout).toContain('bad-signature: only with signed = true: 2 of 4');
  expect(stdout).toMatch(/^convergence: /m);
  expect(stdout).toMatch(/^--loss /m);
  expect(stdout).not.toMatch(/^(WORKLOADS|rumor |--delay)/m);
  const { code, stderr } = await callCli('list', 'swin');
  expect([code, stderr.trim()]).toEqual([
    64,
    'hearsay: nothing is called so (given: swin); hearsay list without a name shows everything',
  ]);
});

test('help shows every fault, with an example', async () => {
  const help = (await callCli('nemesis', '--help')).stdout;
  for (const { flag } of NEMESES) expect(help).toContain(flag.split(' ')[0]);
  expect(help).toContain('hearsay nemesis --partition --loss 0.1');
});

test('doctor names all four clusters, and says for each missing part what to install', async () => {
  const { clusters } = JSON.parse((await callCli('doctor', '--json')).stdout);
  expect(clusters.map((finding: { cluster: string }) => finding.cluster)).toEqual(['sim', 'local', 'netns', 'docker']);
  for (const finding of clusters) for (const part of finding.parts) expect(part.mend.length).toBeGreaterThan(5);
  expect(clusters[0].offered).toBe(true);
});
