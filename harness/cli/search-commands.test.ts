/** The search from the command line: real worker threads, files that come of it, and calls that make no sense. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Plan } from '../model/plan.ts';
import type { ExploreFile } from '../search/explore-file.ts';
import { callCli } from './cli-harness.ts';
import { exitCodeOf } from './replay-command.ts';

const work = mkdtempSync(join(tmpdir(), 'hearsay-search-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

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
    expect(read('shrunk', 'space-time.html')).toContain(`violated: ${property}`);

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
    const [one, two] = ['1of2', '2of2'].map((name) => join(work, name, 'explore.json')) as [string, string];
    const sum = await callCli('merge', one, two, '--json');
    expect(sum.code).toBe(0);
    const { tally, complete } = JSON.parse(sum.stdout) as ExploreFile;
    expect(complete).toBe(true);
    expect(tally).toMatchObject({ tried: tallyOf(whole.stdout).tried, valid: tallyOf(whole.stdout).valid });
    expect((await callCli('merge', one, one)).stderr).toContain('repeats what');
  }, 120_000);
});

describe('bad calls get one line', () => {
  const CALLS: readonly (readonly [readonly string[], string])[] = [
    [['explore', '--protocol', 'nonsense'], '--protocol is not known'],
    [['explore', '--shard', '3/2'], '--shard is not I/N'],
    [['explore', '--nodes', '9-4'], '--nodes is no range'],
    [['explore', '--seeds', '0'], '--seeds'],
    [['explore', '--settings', 'odd'], '--settings is not known'],
    [['merge', '/nonexistent.json'], 'does not exist'],
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

it('the exit code of a replay: broken before unknown before sound', () => {
  const counts = { runs: 3, reproduced: 0, unknown: 0, interrupted: false, broken: {} };
  expect(exitCodeOf(counts)).toBe(0);
  expect(exitCodeOf({ ...counts, unknown: 1 })).toBe(2);
  expect(exitCodeOf({ ...counts, unknown: 1, reproduced: 1 })).toBe(1);
  expect(exitCodeOf({ ...counts, interrupted: true })).toBe(130);
});
