/** What a user can get wrong about scenarios, overlays and base links: one line that says what and how to mend it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan, PlannedOverlay } from '../model/plan.ts';
import { callCli } from './cli-harness.ts';

const root = mkdtempSync(join(tmpdir(), 'hearsay-scenario-input-'));
const at = (name: string): string => join(root, name);
let sensors: Plan;
let database: Plan;

async function planned(...flags: string[]): Promise<Plan> {
  const { code, stdout, stderr } = await callCli('nemesis', ...flags, '--seed', 'x', '--plan-only');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Plan;
}

beforeAll(async () => {
  sensors = await planned('--scenario', 'sensors', '--time', '3s');
  database = await planned('--scenario', 'distributed-database', '--time', '3s');
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

async function expectMistake(argv: readonly string[], says: readonly string[]): Promise<void> {
  const result = await callCli(...argv);
  const lines = result.stderr.split('\n').filter((line) => line.startsWith('hearsay: '));
  expect(lines, result.stderr).toHaveLength(1);
  for (const part of says) expect(lines[0]).toContain(part);
  expect(lines[0]).toMatch(/; .{5}/);
  expect(result.stderr).not.toMatch(/^\s+at /m);
  expect(result.code, result.stderr).toBe(64);
  expect(result.stdout).toBe('');
  expect(existsSync(at('out'))).toBe(false);
}

describe('flags', () => {
  test.each<readonly [string, readonly string[], readonly string[]]>([
    ['an unknown scenario', ['--scenario', 'sensor'], ['--scenario', 'sensor', 'sensors, peer-to-peer']],
    ['no scenario', ['--scenario', ''], ['--scenario', 'take one of']],
    ['two', ['--scenario', 'sensors', '--scenario', 'peer-to-peer'], ['--scenario']],
    ['a protocol', ['--scenario', 'sensors', '--protocol', 'swim'], ['--protocol swim', 'it runs aggregation']],
    [
      'a workload',
      ['--scenario', 'sensors', '--workload', 'aggregate'],
      ['--workload aggregate', 'leave the flag out'],
    ],
    ['more members than it has', ['--scenario', 'sensors', '--nodes', '9'], ['--nodes', 'given: 9', 'it has 8']],
    ['too few members', ['--scenario', 'service-mesh', '--nodes', '4'], ['--nodes', 'given: 4', 'take 5 to 100']],
    [
      'a setting of another protocol',
      ['--scenario', 'sensors', '--set', 'swim.probeIntervalMs=9'],
      ['--set', 'aggregation'],
    ],
    ['a plan beside it', ['--scenario', 'sensors', '--plan', 'x.json'], ['--plan', '--scenario']],
    ['a victim of another name', ['--scenario', 'sensors', '--kill', 'n1'], ['n1']],
  ])('%s', (_name, flags, says) => expectMistake(['nemesis', ...flags, '--out', at('out')], says));
});

describe('overlays and base links in a plan', () => {
  const overlay = (...views: PlannedOverlay): Plan => ({ ...sensors, overlay: views });
  const knowing = (member: string, ...knows: string[]) => ({ member, knows });
  const links = (from: string[], to: string[], latencyMs: unknown = 5): unknown => ({
    ...database,
    network: { ...database.network, links: [{ from, to, latencyMs, jitterMs: 0 }] },
  });
  const half = (names: readonly string[]) =>
    names.map((member) => ({ member, knows: names.filter((name) => name !== member) }));
  const named = (...numbers: number[]): string[] => numbers.map((number) => `sensor-${number}`);

  test.each<readonly [string, () => unknown, readonly string[]]>([
    ['nobody', () => ({ ...sensors, overlay: [] }), ['overlay']],
    ['an unknown member', () => overlay(knowing('n1', 'sensor-1')), ['overlay[0].member', 'given: n1']],
    ['an unknown neighbour', () => overlay(knowing('sensor-1', 'n1')), ['overlay[0].knows[0]', 'given: n1']],
    [
      'itself',
      () => overlay(knowing('sensor-1', 'sensor-2', 'sensor-1')),
      ['overlay[0].knows[1]', 'is the member itself'],
    ],
    ['a neighbour twice', () => overlay(knowing('sensor-1', 'sensor-2', 'sensor-2')), ['overlay[0].knows[1]', 'twice']],
    ['no neighbour', () => overlay(knowing('sensor-1')), ['overlay[0].knows', '[]']],
    [
      'a member twice',
      () => overlay(knowing('sensor-1', 'sensor-2'), knowing('sensor-1', 'sensor-3')),
      ['overlay[1].member', 'given: sensor-1'],
    ],
    [
      'two halves that do not know each other',
      () => overlay(...half(named(1, 2, 3, 4)), ...half(named(5, 6, 7, 8))),
      ['overlay has no way from sensor-1 to sensor-5', 'connect all'],
    ],
    [
      'halves of which only one knows the other',
      () => overlay(...half(named(1, 2, 3, 4))),
      ['overlay has no way from sensor-1 to sensor-5'],
    ],
    [
      'an overlay that binds nobody',
      () => ({
        ...sensors,
        channels: [{ name: 'swim', protocol: 'swim', settings: swimSettings }],
        workloads: [],
        operations: [],
      }),
      ['overlay binds no channel', 'swim', 'take it out'],
    ],
    ['a link to nobody', () => links(['east-1'], ['n9']), ['network.links[0].to[0]', 'given: n9']],
    ['a link that is none', () => links(['east-1'], ['east-1']), ['network.links', 'touches no link']],
    ['a latency below zero', () => links(['east-1'], ['west-1'], -1), ['network.links[0].latencyMs', 'given: -1']],
  ])('%s', async (_name, plan, says) => {
    writeFileSync(at('spoilt.json'), JSON.stringify(plan()));
    const argv = ['nemesis', '--plan', at('spoilt.json'), '--cluster', 'sim', '--out', at('out')];
    await expectMistake(argv, ['spoilt.json', ...says]);
  });

  let swimSettings: unknown;
  beforeAll(async () => {
    const plan = await planned('--protocol', 'swim', '--time', '3s');
    swimSettings = plan.channels[0]?.settings;
  });

  test('a protocol whose bounds hold only where all know all is not run on one', async () => {
    const plan = await planned('--protocol', 'textbook/rumor', '--time', '3s', '--nodes', '8');
    const names = plan.members.map((member) => member.name);
    const ring = names.map((member, i) => ({ member, knows: [names[(i + 1) % names.length] ?? ''] }));
    writeFileSync(at('spoilt.json'), JSON.stringify({ ...plan, overlay: ring }));
    const argv = ['nemesis', '--plan', at('spoilt.json'), '--cluster', 'sim', '--out', at('out')];
    await expectMistake(argv, ['overlay restricts', 'textbook/rumor', 'take out']);
  });

  test('the plans themselves are taken, and come out as they went in', async () => {
    for (const plan of [sensors, database]) {
      writeFileSync(at('good.json'), JSON.stringify(plan));
      const result = await callCli('nemesis', '--plan', at('good.json'), '--plan-only');
      expect(result.code, result.stderr).toBe(0);
      expect(JSON.parse(result.stdout)).toEqual(JSON.parse(readFileSync(at('good.json'), 'utf8')));
    }
    expect(sensors.overlay).toHaveLength(8);
    expect(database.network.links).toHaveLength(2);
  });
});

test('what is asked for beside a scenario goes into its plan, and another seed draws another graph', async () => {
  const flags = ['--scenario', 'peer-to-peer', '--time', '9s', '--nodes', '9', '--rate', '3', '--loss', '0.1'];
  const plan = await planned(...flags, '--set', 'rumor.k=30', '--set', 'rumor.maxRounds=200');
  expect(plan.members).toHaveLength(9);
  expect(plan.closing.healAtMs).toBe(9000);
  expect(plan.workloads.map(({ ratePerSecond }) => ratePerSecond)).toEqual([3, 3]);
  expect(plan.faults.map(({ type }) => type)).toEqual(['loss']);
  expect(plan.channels[0]?.settings).toMatchObject({ k: 30, maxRounds: 200 });
  const { stdout } = await callCli('nemesis', ...flags, '--seed', 'y', '--plan-only');
  expect((JSON.parse(stdout) as Plan).overlay).not.toEqual(plan.overlay);
});

test('list shows them all', async () => {
  const text = await callCli('list');
  const json = await callCli('list', '--json');
  const { scenarios } = JSON.parse(json.stdout) as { scenarios: { name: string }[] };
  expect(scenarios.map(({ name }) => name)).toEqual([
    'sensors',
    'peer-to-peer',
    'distributed-database',
    'service-mesh',
  ]);
  for (const { name } of scenarios) expect(text.stdout).toMatch(new RegExp(`^${name}: .* members run `, 'm'));
});
