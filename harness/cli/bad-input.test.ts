/** Everything a user can get wrong: one line that says what, what was given and how to mend it; and nothing written. */
import { createSocket, type Socket } from 'node:dgram';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callCli } from './cli-harness.ts';
import { readText } from './files.ts';

const root = mkdtempSync(join(tmpdir(), 'hearsay-bad-input-'));
const at = (name: string): string => join(root, name);
let taken: Socket;

type Json = { [key: string]: Json } & Json[] & (string | number | boolean | null);

/** A good plan, and a good run of it, to spoil. */
beforeAll(async () => {
  const flags = ['--cluster', 'sim', '--time', '3s', '--nodes', '4', '--seed', 'x', '--loss', '0.1'];
  const partition = ['--partition', '--delay', '20ms,5ms', '--byzantine', '1'];
  expect((await callCli('nemesis', ...flags, ...partition, '--plan-only', '--out', at('plan'))).code).toBe(0);
  const run = await callCli('nemesis', ...flags, '--protocol', 'swim', '--out', at('run'));
  expect(run.stderr).not.toContain('hearsay:');
  writeFileSync(at('a-file'), '');
  taken = createSocket('udp4');
  await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
});

afterAll(() => {
  taken.close();
  rmSync(root, { recursive: true, force: true });
});

interface Expected {
  readonly code: number;
  /** Each must stand in the one line: what, what was given, how to mend it. */
  readonly says: readonly string[];
}

async function expectMistake(argv: readonly string[], { code, says }: Expected): Promise<void> {
  const before = readdirSync(root).sort();
  const result = await callCli(...argv);
  const lines = result.stderr.split('\n').filter((line) => line.startsWith('hearsay: '));
  expect(lines, result.stderr).toHaveLength(1);
  for (const part of says) expect(lines[0]).toContain(part);
  expect(lines[0]).toMatch(/[;?] ?.{5}/);
  expect(result.stderr).not.toMatch(/^\s+at /m);
  expect(result.code, result.stderr).toBe(code);
  expect(result.stdout).toBe('');
  expect(readdirSync(root).sort()).toEqual(before);
}

const flag = (name: string, ...rest: string[]): [string, string[], string[]] => [
  [name, ...rest].join(' '),
  [name, ...rest],
  [name],
];

describe('flags', () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['an unknown flag', ['--los', '0.1'], ["'--los'", 'did you mean --loss']],
    ['a flag without its value', ['--loss'], ['--loss']],
    ['a word too much', ['halves'], ['too many arguments']],
    ...[
      flag('--loss', '1.5'),
      flag('--loss', '0'),
      flag('--loss', 'lots'),
      flag('--loss', '0.1,0.5'),
      flag('--loss', '0.1,2,3'),
      flag('--partition', 'thirds'),
      flag('--delay', '20ms,50ms'),
      flag('--delay', '-5ms'),
      flag('--duplicate', '200%'),
      flag('--reorder', 'x'),
      flag('--corrupt', '-1'),
      flag('--bandwidth', '1'),
      flag('--bandwidth', '0.1kbit'),
      flag('--clock-skew', 'noon'),
      flag('--clock-drift', '1'),
      flag('--clock-strobe', '2s,1ms'),
      flag('--clock-strobe', '0'),
      flag('--timer-drift', '0'),
      flag('--cpu', '100%'),
      flag('--cpu', '0.001'),
      flag('--disk-full', 'n99'),
      flag('--pause', '9'),
      flag('--slow', '0%'),
      flag('--kill', 'n99'),
      flag('--kill', 'n1,n1'),
      flag('--churn', '1000/s'),
      flag('--churn', '0'),
      flag('--byzantine', '7'),
      flag('--byzantine', '0'),
      flag('--byzantine', '1:2:3'),
      flag('--nodes', '1'),
      flag('--nodes', '7.5'),
      flag('--nodes', '1001'),
      flag('--time', '30 parsecs'),
      flag('--time', '10ms'),
      flag('--protocol', 'paxos'),
      flag('--protocol', 'swim,swim'),
      flag('--protocol', 'swim,,rumor'),
      flag('--workload', 'chess'),
      flag('--rate', 'fast'),
      flag('--seed', ''),
      flag('--seed', 'a\nb'),
      flag('--profile', 'slow'),
      flag('--set', 'swim'),
      flag('--set', 'swim.nonsense=1'),
      flag('--set', 'chord.fanout=1'),
      flag('--cluster', 'cloud'),
      flag('--port', '80'),
      flag('--restart-without-state'),
      flag('--fault-every', '10s'),
    ],
    [
      'a liar where nobody can lie',
      ['--byzantine', '1', '--protocol', 'textbook/push'],
      ['swim', '--protocol bracha'].slice(1),
    ],
    ['a flag given twice', ['--loss', '0.1', '--loss', '0.2'], ['--loss', 'twice', '0.2']],
    ['a workload that does not fit', ['--protocol', 'swim', '--workload', 'register'], ['register', 'membership']],
    ['a window beyond the load', ['--loss', '0.1', '--fault-for', '40s'], ['beyond the load', '40000 ms']],
    ['a window longer than its period', ['--loss', '0.1', '--fault-every', '2s', '--fault-for', '3s'], ['--fault-for']],
    ['a minority of two', ['--nodes', '2', '--kill'], ['hit nobody', '--nodes']],
    ['a ring of three', ['--nodes', '3', '--partition', 'ring'], ['ring', 'at least 4']],
    ['too many operations', ['--rate', '1000000', '--time', '1h'], ['5000000', '--rate']],
    ['ports in virtual time', ['--cluster', 'sim', '--port', '9000'], ['--port', 'sim']],
    ['too few ports', ['--port', '65535'], ['65535', 'at most 65529']],
    ['more processes than a machine carries', ['--nodes', '1000'], ['1000', '--cluster sim']],
  ];
  test.each(cases)('%s', (_name, argv, says) =>
    expectMistake(['nemesis', ...argv, '--out', at('out')], { code: 64, says }),
  );

  test('no command at all, and one that does not exist', async () => {
    await expectMistake([], { code: 64, says: ['no command'] });
    await expectMistake(['nemesys'], { code: 64, says: ["'nemesys'", 'did you mean nemesis'] });
  });

  test('help and version are no mistakes', async () => {
    for (const argv of [['--help'], ['nemesis', '--help'], ['--version']]) {
      const { code, stdout, stderr } = await callCli(...argv);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout.length).toBeGreaterThan(4);
    }
  });
});

describe('plan files', () => {
  const spoil = (change: (plan: Json) => void): string => {
    const plan: Json = JSON.parse(readFileSync(at('plan/plan.json'), 'utf8'));
    change(plan);
    return JSON.stringify(plan);
  };
  const first = (list: Json | undefined): Json => list?.[0] as Json;
  const ofType = (plan: Json, type: string): Json => (plan.faults as Json).find((fault) => fault.type === type) as Json;
  const set = (target: Json, key: string, value: unknown): void => void Reflect.set(target, key, value);

  const cases: readonly (readonly [string, () => string, readonly string[]])[] = [
    ['empty', () => '', ['is empty', '--plan-only']],
    ['cut off', () => spoil(() => undefined).slice(0, 2000), ['cut off', '--plan-only']],
    ['no JSON', () => '{\n  "format": plan\n}', [':2:13', 'no JSON']],
    ['binary', () => '\u0000\u0001\u0002', ['binary']],
    ['a list', () => '[]', ['no plan', '[]']],
    ['some other JSON', () => '{"name":"hearsay"}', ['no plan', '"name"']],
    ['a later version', () => spoil((plan) => set(plan, 'version', 2)), ['version', 'given: 2', 'reads 1']],
    ['a foreign key', () => spoil((plan) => set(plan, 'colour', 'red')), ['colour', 'take it out']],
    ['a missing part', () => spoil((plan) => Reflect.deleteProperty(plan, 'closing')), ['closing', 'is missing']],
    ['no members', () => spoil((plan) => set(plan, 'members', [])), ['members', '[]']],
    ['a member twice', () => spoil((plan) => set(plan.members?.[1] as Json, 'name', 'n1')), ['members[1]', 'n1']],
    ['a number for a name', () => spoil((plan) => set(first(plan.members), 'name', '7')), ['members[0].name', '"7"']],
    [
      'a name of the prototype',
      () => spoil((plan) => set(first(plan.members), 'name', 'constructor')),
      ['members[0].name', 'constructor'],
    ],
    [
      'a share above 1',
      () => spoil((plan) => set(ofType(plan, 'loss'), 'probability', 2)),
      ['faults[1].probability', 'given: 2'],
    ],
    [
      'an unknown fault',
      () => spoil((plan) => set(first(plan.faults), 'type', 'meteor')),
      ['faults[0].type', 'meteor'],
    ],
    [
      'a fault beyond the heal',
      () => spoil((plan) => set(first(plan.faults), 'untilMs', 9999)),
      ['faults[0].untilMs', '9999', '3000'],
    ],
    [
      'a fault that ends before it starts',
      () => spoil((plan) => set(first(plan.faults), 'untilMs', 1)),
      ['faults[0].untilMs', 'not after'],
    ],
    [
      'an unknown victim',
      () => spoil((plan) => set(ofType(plan, 'byzantine'), 'targets', ['n9'])),
      ['targets[0]', 'n9'],
    ],
    [
      'a cut of an unknown member',
      () => spoil((plan) => set(first(first(plan.faults).cuts), 'from', ['n9'])),
      ['faults[0].cuts[0].from[0]', 'n9'],
    ],
    [
      'a cut that cuts nothing',
      () => spoil((plan) => set(first(plan.faults), 'cuts', [{ from: ['n1'], to: ['n1'] }])),
      ['faults[0].cuts', 'touches no link'],
    ],
    [
      'more jitter than delay',
      () => spoil((plan) => set(ofType(plan, 'delay'), 'jitterMs', 50)),
      ['jitterMs', 'given: 50', 'at most 20'],
    ],
    [
      'an unknown lie',
      () => spoil((plan) => set(ofType(plan, 'byzantine'), 'behaviour', 'flatter')),
      ['behaviour', 'flatter', 'withhold'],
    ],
    [
      'two faults of one id',
      () => spoil((plan) => set(plan.faults?.[1] as Json, 'id', 'partition-1')),
      ['faults[1]', 'partition-1'],
    ],
    [
      'an unknown protocol',
      () => spoil((plan) => set(first(plan.channels), 'protocol', 'paxos')),
      ['channels[0].protocol', 'paxos', 'swim'],
    ],
    [
      'an unknown setting',
      () => spoil((plan) => set(first(plan.channels).settings as Json, 'speed', 9)),
      ['channels[0].settings', 'speed'],
    ],
    [
      'a setting left out',
      () =>
        spoil((plan) => {
          const settings = first(plan.channels).settings as Json;
          Reflect.deleteProperty(settings, Object.keys(settings)[0] ?? '');
        }),
      ['channels[0].settings', 'lacks'],
    ],
    [
      'an operation at nobody',
      () => spoil((plan) => set(first(plan.operations), 'member', 'n9')),
      ['operations[0].member', 'n9'],
    ],
    [
      'an operation after the load',
      () => spoil((plan) => set(first(plan.operations), 'atMs', 3000)),
      ['operations[0].atMs', '3000'],
    ],
    [
      'a value that is nested without end',
      () =>
        spoil((plan) => set(first(plan.operations), 'value', 'DEEP')).replace(
          '"DEEP"',
          '['.repeat(1e5) + ']'.repeat(1e5),
        ),
      ['operations[0].value', 'nested too deeply', '32'],
    ],
    [
      'an operation number twice',
      () => spoil((plan) => set(plan.operations?.[1] as Json, 'id', 0)),
      ['operations[1].id', 'given: 0'],
    ],
    [
      'an unknown operation',
      () => spoil((plan) => set(first(plan.operations), 'f', 'sing')),
      ['operations[0].f', 'sing'],
    ],
    [
      'a value with a key that JavaScript would move',
      () => spoil((plan) => set(first(plan.operations), 'value', { a: [{ 7: 1 }] })),
      ['operations[0].value', 'given: 7'],
    ],
    [
      'a value with a key that reaches a prototype',
      () => spoil((plan) => set(first(plan.operations), 'value', { k: 1 })).replace('{"k":1}', '{"__proto__":1}'),
      ['operations[0].value', '__proto__'],
    ],
  ];
  test.each(cases)('%s', async (_name, text, says) => {
    writeFileSync(at('spoilt.json'), text());
    await expectMistake(['nemesis', '--plan', at('spoilt.json'), '--cluster', 'sim', '--out', at('out')], {
      code: 64,
      says: ['spoilt.json', ...says],
    });
  });

  test('the plan itself is taken', async () => {
    const result = await callCli('nemesis', '--plan', at('plan/plan.json'), '--plan-only');
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toEqual(JSON.parse(readFileSync(at('plan/plan.json'), 'utf8')));
  });

  test.runIf(existsSync('/dev/zero'))('one that never ends', () =>
    expect(() => readText('/dev/zero', 'the plan file', 1 << 22)).toThrow('the plan file is larger than 4194304 bytes'),
  );

  test('one that does not exist, a folder, and flags beside it', async () => {
    const plan = (path: string, ...more: string[]): string[] => [
      'nemesis',
      '--plan',
      path,
      '--out',
      at('out'),
      ...more,
    ];
    await expectMistake(plan(at('nowhere.json')), { code: 64, says: ['does not exist', 'nowhere.json'] });
    await expectMistake(plan(root), { code: 64, says: ['is a folder'] });
    const good = at('plan/plan.json');
    await expectMistake(plan(good, '--loss', '0.1'), { code: 64, says: ['--plan', '--loss'] });
    await expectMistake(plan(good, '--restart-without-state'), { code: 64, says: ['--restart-without-state'] });
  });
});

describe('SLO files', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['an unknown metric', 'convergance_ms.p99: "< 2000"', [':1:1', 'convergance_ms', 'convergence_ms']],
    ['a bad operator', 'convergence_ms.p99: "=< 2000"', [':1:21', '=< 2000']],
    ['a bad unit', '# fine\nconvergence_ms.p99: "< 2 parsecs"', [':2:21', 'parsecs']],
    ['an unknown statistic', 'convergence_ms.p98: "< 2000"', [':1:1', 'p98']],
    ['a list', '- convergence_ms.p99', [':1:1', 'mapping']],
    ['no YAML', 'a: [1, 2', [':1:', 'no YAML']],
    ['binary', '\u0000\u0001', ['binary']],
  ];
  test.each(cases)('%s', async (_name, text, says) => {
    writeFileSync(at('slo.yaml'), text);
    const argv = ['nemesis', '--cluster', 'sim', '--slo', at('slo.yaml'), '--out', at('out')];
    await expectMistake(argv, { code: 64, says: ['slo.yaml', ...says] });
    rmSync(at('slo.yaml'));
  });

  test('one that does not exist', () =>
    expectMistake(['nemesis', '--slo', at('no.yaml'), '--out', at('out')], {
      code: 64,
      says: ['does not exist', 'no.yaml'],
    }));
});

describe('folders to write to', () => {
  const quick = ['nemesis', '--cluster', 'sim', '--time', '1s', '--protocol', 'swim', '--nodes', '2', '--out'];
  test('below a file', () => expectMistake([...quick, at('a-file/run')], { code: 64, says: ['a-file/run', '--out'] }));
  test('a file', () => expectMistake([...quick, at('a-file')], { code: 64, says: ['is a file', '--out'] }));
  test.runIf(existsSync('/proc'))('on a disk that takes nothing', () =>
    expectMistake([...quick, '/proc/hearsay/run'], { code: 64, says: ['/proc/hearsay/run', '--out'] }),
  );
  test('one that holds something', () =>
    expectMistake([...quick, at('run')], { code: 64, says: ['not empty', '--out'] }));
  test('for a plan alone', () =>
    expectMistake(['nemesis', '--plan-only', '--out', at('run')], { code: 64, says: ['not empty'] }));
});

describe('stored runs', () => {
  const spoilt = (name: string, change: (folder: string) => void): string => {
    const folder = at(name);
    rmSync(folder, { recursive: true, force: true });
    cpSync(at('run'), folder, { recursive: true });
    change(folder);
    return folder;
  };
  const history = (change: (text: string) => string) => (folder: string) => {
    const path = join(folder, 'history.jsonl');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };
  const cases: readonly (readonly [string, (folder: string) => void, readonly string[]])[] = [
    ['an empty history', history(() => ''), ['history.jsonl', 'is empty']],
    ['a binary history', history(() => '\u0000\u0001\n\u0002\n'), ['history.jsonl:1', 'no JSON']],
    [
      'a history cut off between lines',
      history((text) => `${text.trim().split('\n').slice(0, -1).join('\n')}\n`),
      ['cut off', '--partial'],
    ],
    [
      'a history cut off within a line',
      history((text) => text.slice(0, text.length / 2 - 3)),
      ['cut off', '--partial'],
    ],
    [
      'a history of another version',
      history((text) => text.replace('"version":1', '"version":9')),
      ['version', 'given: 9'],
    ],
    ['a history that is none', history(() => '{"type":"invoke"}\n'), ['no hearsay history', 'invoke']],
    [
      'a line of no known type',
      history((text) => text.replace('"type":"phase"', '"type":"moon"')),
      ['history.jsonl:', 'moon'],
    ],
    [
      'a time before the start',
      history((text) => text.replace('"type":"phase","time":0', '"type":"phase","time":-1')),
      ['history.jsonl:', 'time'],
    ],
    [
      'a field of the wrong type',
      history((text) => text.replace(/("sent":\{"swim\.[a-z-]+":)\[\d+,\d+\]/, '$17')),
      ['history.jsonl:', 'sent.swim'],
    ],
    [
      'a second header',
      history((text) => text.replace('\n', `\n${text.split('\n')[0]}\n`)),
      ['history.jsonl:2', 'second header'],
    ],
    [
      'the history of another plan',
      history((text) => text.replaceAll('"member":"n4"', '"member":"n40"')),
      ['history.jsonl', 'n40', 'plan.json'],
    ],
    ['no history', (folder) => rmSync(join(folder, 'history.jsonl')), ['no history.jsonl']],
    ['no plan', (folder) => rmSync(join(folder, 'plan.json')), ['no plan.json']],
    [
      'a plan that is cut off',
      (folder) => writeFileSync(join(folder, 'plan.json'), '{"format":'),
      ['plan.json', 'cut off'],
    ],
  ];
  test.each(cases)('%s', async (_name, change, says) => {
    const folder = spoilt('spoilt-run', change);
    for (const command of ['check', 'report']) {
      const before = readdirSync(folder);
      await expectMistake([command, folder], { code: 64, says });
      expect(readdirSync(folder)).toEqual(before);
    }
  });

  test.each(['calibration.json', 'counters.json'])('%s that somebody has edited', async (file) => {
    const folder = spoilt('spoilt-run', (path) => writeFileSync(join(path, file), '{"format": "hearsay-calibration"}'));
    await expectMistake(['report', folder], { code: 64, says: [file, 'take it away'] });
    // What is judged does not depend on it.
    expect((await callCli('check', folder)).stderr).not.toContain('hearsay: ');
  });

  test('one that does not exist, and a file', async () => {
    await expectMistake(['check', at('nowhere')], { code: 64, says: ['no such run', 'nowhere'] });
    await expectMistake(['report', at('a-file')], { code: 64, says: ['a file', 'a-file'] });
    await expectMistake(['check'], { code: 64, says: ["'run'"] });
  });

  test('the run itself is judged again to the same verdict, and drawn again', async () => {
    mkdirSync(at('again'));
    cpSync(at('run'), at('again'), { recursive: true });
    rmSync(at('again/report.html'));
    const stored = JSON.parse(readFileSync(at('run/verdict.json'), 'utf8'));
    for (const command of ['check', 'report']) {
      const result = await callCli(command, at('again'), '--json');
      expect({ ...JSON.parse(result.stdout), runDir: stored.runDir }).toEqual(stored);
      expect(result.code).toBe(stored.exitCode);
      expect(existsSync(at('again/report.html'))).toBe(command === 'report');
    }
  });
});

test('a port in use makes the cluster unavailable, and nothing is left', async () => {
  const port = taken.address().port;
  const base = port > 60_000 ? port - 1 : port;
  const argv = [
    'nemesis',
    '--time',
    '1s',
    '--nodes',
    '2',
    '--protocol',
    'swim',
    '--port',
    String(base),
    '--out',
    at('out'),
  ];
  await expectMistake(argv, { code: 69, says: [String(port), 'in use'] });
});
