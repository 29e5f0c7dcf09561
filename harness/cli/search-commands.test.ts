/** The search from the command line: real worker threads, files that come of it, and calls that make no sense. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Plan } from '../model/plan.ts';
import { planOf } from '../proof/test-scenario.ts';
import { type ExploreFile, exploreFile } from '../search/explore-file.ts';
import { emptyTally } from '../search/tally.ts';
import { callCli } from './cli-harness.ts';
import { exitCodeOf } from './replay-command.ts';

const work = mkdtempSync(join(tmpdir(), 'hearsay-search-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Breaks consensus-safety: two members each decide what they know, unless one hears of the other first. */
const CORPUS_PLAN = fileURLToPath(new URL('../../corpus/textbook-consensus.json', import.meta.url));
/** Breaks broadcast-safety on any cluster, however slow: a value that is broadcast again is delivered once. */
const CERTAIN_PLAN = fileURLToPath(new URL('../../corpus/textbook-broadcast.json', import.meta.url));

const SMALL = ['--time', '10s', '--nodes', '4-5', '--seed', 'cli', '--threads', '2'];
const read = (...path: string[]): string => readFileSync(join(work, ...path), 'utf8');

describe('explore, shrink, replay', () => {
  it('finds what is wrong with a textbook protocol, shrinks it and replays it', async () => {
    const out = join(work, 'found');
    const found = await callCli(
      'explore',
      '--protocol',
      'textbook/anti-entropy',
      '--seeds',
      '20',
      ...SMALL,
      '--out',
      out,
    );
    expect(found).toMatchObject({ code: 1 });
    expect(found.stdout).toMatch(/^broken: \S+ \(textbook\/anti-entropy\)/);
    const file = JSON.parse(read('found', 'explore.json')) as ExploreFile;
    const [group] = file.tally.groups;
    const plan = join(out, `${group?.property}-1.plan.json`);
    expect(JSON.parse(readFileSync(plan, 'utf8'))).toEqual(group?.plan);

    const property = group?.property ?? '';
    const shrunk = await callCli('shrink', plan, '--property', property, '--out', join(work, 'shrunk'), '--json');
    expect(shrunk.code).toBe(0);
    const small = JSON.parse(read('shrunk', 'plan.json')) as Plan;
    expect(JSON.parse(shrunk.stdout)).toMatchObject({ property, minimal: true, plan: small });
    expect(small.faults.length).toBeLessThanOrEqual(3);
    expect(small.operations.length).toBeLessThanOrEqual(5);
    expect(shrunk.stderr).toContain(`replay: npm run hearsay -- replay ${join(work, 'shrunk', 'plan.json')}`);
    const report = read('shrunk', 'report.html');
    expect(report).toContain(`violated: ${property}`);
    expect(report).toContain('<a href="#space-time">');
    // It is a run like any other.
    const checked = await callCli('check', join(work, 'shrunk'), '--json');
    expect(JSON.parse(checked.stdout)).toMatchObject({ verdict: 'invalid', cluster: 'sim' });

    // A run's folder is as good as its plan, and a shrunk plan is its own result.
    const again = await callCli('shrink', join(work, 'shrunk'), '--property', property, '--out', join(work, 'again'));
    expect(again.code).toBe(0);
    expect(read('again', 'plan.json')).toBe(read('shrunk', 'plan.json'));

    const replay = await callCli(
      'replay',
      join(work, 'shrunk'),
      '--cluster',
      'sim',
      '--times',
      '2',
      '--property',
      property,
    );
    expect(replay.code).toBe(1);
    expect(replay.stdout).toContain(`2 of 2 times reproduced: ${property} on sim`);
    const other = await callCli('replay', join(work, 'shrunk'), '--cluster', 'sim', '--property', 'no-crash', '--json');
    expect(other.code).toBe(0);
    expect(JSON.parse(other.stdout)).toMatchObject({ runs: 1, reproduced: 0, broken: { [property]: 1 } });
  }, 120_000);

  it('flags nothing of a correct protocol; two shards add up to the whole, whatever the threads', async () => {
    const search = ['explore', '--protocol', 'rumor', '--seeds', '30', '--all', ...SMALL];
    const whole = await callCli(...search, '--json');
    expect(whole.code).toBe(0);
    const single = await callCli(...search.slice(0, -1), '1', '--json');
    const tallyOf = (text: string) => (JSON.parse(text) as ExploreFile).tally;
    expect(tallyOf(single.stdout)).toEqual(tallyOf(whole.stdout));
    for (const shard of ['1/2', '2/2']) {
      const part = await callCli(...search, '--shard', shard, '--out', join(work, shard.replace('/', 'of')));
      expect(part.code).toBe(0);
    }
    const one = join(work, '1of2', 'explore.json');
    const sum = await callCli('merge', one, join(work, '2of2'), '--json');
    expect(sum.code).toBe(0);
    const { tally, complete } = JSON.parse(sum.stdout) as ExploreFile;
    expect(complete).toBe(true);
    expect(tally).toMatchObject({ tried: tallyOf(whole.stdout).tried, valid: tallyOf(whole.stdout).valid });
    expect((await callCli('merge', one, one)).stderr).toContain('repeats what');
  }, 120_000);
});

describe('a file of the corpus', () => {
  const path = join(import.meta.dirname, '../../corpus/textbook-swim.json');
  const entry = JSON.parse(readFileSync(path, 'utf8')) as { property: string; plan: Plan };

  it('is as good as the plan in it, and names the property', async () => {
    const replay = await callCli('replay', path, '--cluster', 'sim');
    expect(replay).toMatchObject({ code: 1 });
    expect(replay.stdout).toContain(`1 of 1 times reproduced: ${entry.property} on sim`);
    const out = join(work, 'of-corpus');
    expect(await callCli('nemesis', '--plan', path, '--plan-only', '--out', out)).toMatchObject({ code: 0 });
    expect(JSON.parse(read('of-corpus', 'plan.json'))).toEqual(entry.plan);
    // Control: the property is the file's, and not the first that is broken.
    const other = join(work, 'other.json');
    writeFileSync(other, JSON.stringify({ ...entry, property: 'no-crash' }));
    expect(await callCli('replay', other, '--cluster', 'sim')).toMatchObject({ code: 0 });
    expect((await callCli('shrink', other)).stderr).toContain('the plan does not break no-crash');
  }, 60_000);

  it('is refused where what it holds is no plan', async () => {
    const bad = join(work, 'bad.json');
    writeFileSync(bad, JSON.stringify({ ...entry, plan: { ...entry.plan, format: 'odd' } }));
    expect((await callCli('replay', bad)).stderr).toContain('is no plan: its format is not hearsay-plan');
    writeFileSync(bad, JSON.stringify({ ...entry, property: 'odd' }));
    expect((await callCli('replay', bad)).stderr).toContain('bad.json names is not known');
  });
});

describe('bad calls get one line', () => {
  const CALLS: readonly (readonly [readonly string[], string])[] = [
    [['explore', '--protocol', 'nonsense'], '--protocol is not known'],
    [['explore', '--shard', '3/2'], '--shard is not I/N'],
    [['explore', '--nodes', '9-4'], '--nodes is no range'],
    [['explore', '--seeds', '0'], '--seeds'],
    [['explore', '--settings', 'odd'], '--settings is not known'],
    [['explore', '--shard', '1/2'], '--shard without --seed'],
    [['explore', '--shard', '3/3', '--seed', 'x', '--seeds', '2'], '--shard has none of 2 trials'],
    [['merge', '/nonexistent.json'], 'does not exist'],
    [['merge'], 'missing required argument'],
    [['shrink', '/nonexistent.json', '--property', 'odd'], '--property is not known'],
    [['shrink', '/nonexistent.json'], 'does not exist'],
    [['replay', '/nonexistent.json'], 'does not exist'],
  ];

  it.each(CALLS)('%o', async (call, said) => {
    const { code, stdout, stderr } = await callCli(...call);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain(said);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  const spoilt = (name: string, text: string): string => {
    const path = join(work, name);
    writeFileSync(path, text);
    return path;
  };
  const GOOD: ExploreFile = exploreFile({
    ...{ hearsay: '0', seed: 'x', seeds: 4, all: true, complete: true, elapsedMs: 1, tally: emptyTally() },
    space: { protocols: ['swim'], nodes: [4, 4], timeMs: [1000, 1000], settings: 'quick' },
    shards: [{ index: 1, of: 2 }],
  });
  const plan = planOf('spoilt', {}, { protocols: ['swim'] });
  const names = { seed: 'x', property: '../escaped', channel: null, shape: '', summary: '' };
  const group = { trial: 0, ...names, count: 1, plan };
  const SPOILT: readonly (readonly [string, string, string])[] = [
    ['empty', '', 'is no JSON, or is cut off'],
    ['cut off', JSON.stringify(GOOD).slice(0, 200), 'is no JSON, or is cut off'],
    ['of something else', '{}', 'is no result of a search'],
    ['of another version', JSON.stringify({ ...GOOD, version: 9 }), 'version'],
    ['without a part', JSON.stringify({ ...GOOD, tally: undefined }), 'is damaged at tally'],
    ['of a shard that cannot be', JSON.stringify({ ...GOOD, shards: [{ index: 3, of: 2 }] }), 'is damaged at shards'],
    [
      'that would write elsewhere',
      JSON.stringify({ ...GOOD, tally: { ...emptyTally(), groups: [group] } }),
      'is damaged at tally.groups.0.property',
    ],
  ];

  it.each(SPOILT)('merge of a file %s', async (_, text, said) => {
    const sum = join(work, 'sum');
    const { code, stdout, stderr } = await callCli('merge', spoilt('explore.json', text), '--out', sum);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(said);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(sum)).toBe(false);
  });

  it.each(['explore', 'merge', 'shrink', 'replay'])('%s writes to no folder that holds something', async (command) => {
    const held = join(work, 'held');
    mkdirSync(held, { recursive: true });
    writeFileSync(join(held, 'mine'), 'text');
    const broken = JSON.parse(readFileSync(CORPUS_PLAN, 'utf8')) as { plan: Plan };
    const given: Readonly<Record<string, readonly string[]>> = {
      explore: ['--seeds', '1', '--protocol', 'swim'],
      merge: [spoilt('good.json', JSON.stringify(GOOD))],
      shrink: [spoilt('broken.plan.json', JSON.stringify(broken.plan))],
      replay: [spoilt('broken.plan.json', JSON.stringify(broken.plan)), '--cluster', 'sim'],
    };
    const { code, stderr } = await callCli(command, ...(given[command] ?? []), '--out', held);
    expect(code).toBe(64);
    expect(stderr).toContain('the output folder is not empty');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(readdirSync(held)).toEqual(['mine']);
  });

  it('a plan that breaks nothing is not shrunk, and nothing is written', async () => {
    const out = join(work, 'sound');
    const made = await callCli(
      'nemesis',
      '--plan-only',
      '--protocol',
      'swim',
      '--nodes',
      '3',
      '--time',
      '3s',
      '--out',
      out,
    );
    expect(made.code).toBe(0);
    const { code, stderr } = await callCli('shrink', out, '--out', join(work, 'none'));
    expect(code).toBe(64);
    expect(stderr).toContain('the plan does not break any property in the simulator');
    expect(existsSync(join(work, 'none'))).toBe(false);
    expect((await callCli('replay', out, '--property', 'odd')).stderr).toContain('--property is not known');
  });
});

it('a plan that breaks something on real processes is replayed there, each run kept with its report', async () => {
  const { plan } = JSON.parse(readFileSync(CERTAIN_PLAN, 'utf8')) as { plan: Plan };
  const path = join(work, 'textbook.plan.json');
  writeFileSync(path, JSON.stringify(plan));
  const out = join(work, 'kept');
  const replay = ['replay', path, '--cluster', 'local', '--times', '1'];
  const { code, stdout } = await callCli(...replay, '--property', 'broadcast-safety', '--out', out);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^run 1 of 1: broken: broadcast-safety; Validity: /);
  expect(stdout).toContain('1 of 1 times reproduced: broadcast-safety on local\n');
  expect(stdout).toContain(`report: ${join(out, 'run-1', 'report.html')}`);
  expect(read('kept', 'run-1', 'report.html')).toContain('broadcast-safety');
  expect((await callCli('check', join(out, 'run-1'))).code).toBe(1);
  // What nobody of this plan claims is not said to hold.
  const other = await callCli('replay', path, '--cluster', 'sim', '--property', 'detection');
  expect(other.code).toBe(0);
  expect(other.stdout).toContain('not judged (but broadcast-safety): no protocol of the plan claims detection');
  expect(other.stdout).toContain('0 of 1 times reproduced: detection on sim; 1 times not judged');
}, 120_000);

it('the exit code of a replay: broken before unknown before sound', () => {
  const counts = { runs: 3, reproduced: 0, unknown: 0, notJudged: 0, interrupted: false, broken: {} };
  expect(exitCodeOf(counts)).toBe(0);
  expect(exitCodeOf({ ...counts, unknown: 1 })).toBe(2);
  expect(exitCodeOf({ ...counts, unknown: 1, reproduced: 1 })).toBe(1);
  expect(exitCodeOf({ ...counts, interrupted: true })).toBe(130);
});
