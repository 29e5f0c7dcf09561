import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { callCli } from './cli-harness.ts';

const root = mkdtempSync(join(tmpdir(), 'hearsay-spread-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const spread = (...flags: string[]) => callCli('spread', '--nodes', '200', '--runs', '50', '--seed', 's', ...flags);

describe('spread', () => {
  test('--json: exactly the figures, one object on stdout', async () => {
    const { code, stdout, stderr } = await spread('--stop', 'counter', '--feedback', '--k', '1', '--json');
    expect([code, stderr]).toEqual([0, 'seed s\n']);
    const summary = JSON.parse(stdout);
    expect(Object.keys(summary).sort()).toEqual(
      ['coverage', 'lastArrival', 'meanArrival', 'residue', 'roundsToAll', 'traffic'].sort(),
    );
    for (const key of ['residue', 'traffic', 'meanArrival', 'lastArrival', 'roundsToAll']) {
      expect(Object.keys(summary[key])).toEqual(['mean', 'sd']);
    }
    expect(summary.residue.mean).toBeGreaterThan(0.1);
    expect(Object.keys(summary.coverage[0]).sort()).toEqual(['mean', 'p10', 'p90', 'theory']);
    expect((await spread('--stop', 'counter', '--k', '1', '--json')).stdout).toBe(stdout);
  });

  test('--average --json', async () => {
    const { stdout } = await spread('--average', '--pairs', 'push-sum', '--json');
    const { varianceFactor, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({});
    expect(Object.keys(varianceFactor)).toEqual(['mean', 'sd']);
    expect(Math.abs(varianceFactor.mean - 0.4975)).toBeLessThan(0.01);
  });

  test('--events --json: the figures of a flood in ms, and coverage that theory knows', async () => {
    const flags = ['--events', '--out-degree', '4', '--delay', '10,100', '--loss', '10%', '--json'];
    const { code, stdout } = await spread(...flags);
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    for (const key of ['residue', 'traffic', 'meanArrivalMs', 'lastArrivalMs', 'allKnowMs']) {
      expect(Object.keys(summary[key])).toEqual(['mean', 'sd']);
    }
    expect(Object.keys(summary).sort()).toEqual(
      ['residue', 'residueTheory', 'traffic', 'meanArrivalMs', 'lastArrivalMs', 'allKnowMs', 'coverage'].sort(),
    );
    expect(Math.abs(summary.residue.mean / summary.residueTheory - 1)).toBeLessThan(0.2);
    expect(summary.lastArrivalMs.mean).toBeGreaterThan(summary.meanArrivalMs.mean);
    expect(summary.coverage[0]).toMatchObject({ ms: 0, p10: 1 / 200, p90: 1 / 200 });
    expect(summary.coverage[0].mean).toBeCloseTo(1 / 200, 12);
    expect(summary.coverage.at(-1).mean).toBeCloseTo(1 - summary.residue.mean, 12);
    expect((await spread(...flags)).stdout).toBe(stdout);
  });

  test('--events for a person: one delay is all delays, and the defaults are stated', async () => {
    const { stdout } = await spread('--events', '--delay', '20ms');
    for (const word of ['out-degree 10', '20 to 20 ms', 'residue', 'in theory', 'messages sent', 'p90']) {
      expect(stdout).toContain(word);
    }
    expect((await callCli('spread', '--events', '--nodes', '50', '--seed', 's')).stdout).toContain('100 runs');
  });

  test('--minimize leaves more than the same counter where only pushers count, and says so in the title', async () => {
    const flags = ['--mode', 'push-pull', '--stop', 'counter', '--k', '2'];
    const { stdout } = await spread(...flags, '--minimize');
    expect(stdout).toContain('counter 2 with minimization');
    const residue = async (...more: string[]) => JSON.parse((await spread(...flags, ...more, '--json')).stdout).residue;
    expect((await residue('--minimize')).mean).toBeGreaterThan((await residue()).mean);
  });

  test('tables for a person, with and without averaging, every mode, rule and topology', async () => {
    for (const mode of ['push', 'pull', 'push-pull']) {
      const { stdout } = await spread(
        '--mode',
        mode,
        '--stop',
        'coin',
        '--blind',
        '--k',
        '3',
        '--loss',
        '10%',
        '--fanout',
        '2',
      );
      for (const word of ['residue', 'traffic', 'last arrival', 'p90', 'theory', 'blind coin 3'])
        expect(stdout).toContain(word);
    }
    for (const topology of ['random-regular', 'ring', 'small-world', 'scale-free', 'two-zones']) {
      expect((await spread('--topology', topology)).stdout).toContain(topology);
    }
    for (const pairs of ['random', 'sequential', 'matching', 'push-sum']) {
      expect((await spread('--average', '--pairs', pairs)).stdout).toMatch(/factor[\s\S]*all/);
    }
  });

  test('--chart draws SVG and HTML, nothing in it runs', async () => {
    for (const [name, ...flags] of [
      ['a.svg'],
      ['b.html'],
      ['c.svg', '--average'],
      ['d.html', '--topology', 'ring'],
      ['e.svg', '--events'],
    ]) {
      const path = join(root, name as string);
      expect((await spread('--chart', path, ...flags)).code).toBe(0);
      const text = readFileSync(path, 'utf8');
      expect(text).toContain(path.endsWith('.svg') ? '<svg xmlns="http://www.w3.org/2000/svg"' : '<!doctype html>');
      expect(text).toContain('<path');
      expect(text).not.toMatch(/<script|NaN|undefined/);
    }
  });

  const mistakes: readonly (readonly [readonly string[], string])[] = [
    [['--nodes', '1'], '--nodes'],
    [['--nodes', '3000000'], '--nodes'],
    [['--mode', 'pushy'], 'push, pull or push-pull'],
    [['--stop', 'soon'], '--stop'],
    [['--k', '0'], '--k'],
    [['--fanout', '1.5'], '--fanout'],
    [['--loss', '1'], '--loss'],
    [['--topology', 'torus'], '--topology'],
    [['--runs', '0'], '--runs'],
    [['--feedback', '--blind'], 'exclude'],
    [['--pairs', 'random'], '--average'],
    [['--average', '--loss', '0.1'], '--loss'],
    [['--average', '--pairs', 'matching', '--topology', 'ring'], 'matching'],
    [['--average', '--pairs', 'push-sum', '--nodes', '5000'], 'push-sum'],
    [['--minimize'], '--stop counter'],
    [['--minimize', '--stop', 'coin'], '--stop counter'],
    [['--minimize', '--stop', 'counter', '--blind'], '--blind'],
    [['--minimize', '--stop', 'counter', '--mode', 'pull'], 'push-pull'],
    [['--average', '--events'], '--events'],
    [['--average', '--out-degree', '3'], '--out-degree'],
    [['--out-degree', '3'], 'add --events'],
    [['--delay', '10,100'], 'add --events'],
    [['--events', '--fanout', '3'], '--fanout'],
    [['--events', '--topology', 'complete'], '--topology'],
    [['--events', '--minimize', '--stop', 'counter'], 'does not take it'],
    [['--events', '--pairs', 'random'], '--average'],
    [['--events', '--out-degree', '0'], '--out-degree'],
    [['--events', '--delay', '100,10'], '--delay'],
    [['--events', '--delay', '1,2,3'], '--delay'],
    [['--events', '--delay', '0,10'], '--delay'],
    [['--events', '--delay', 'soon'], '--delay'],
    [['--events', '--nodes', '2000000', '--out-degree', '100'], 'too many messages'],
    [['--chart', 'x.png'], '.svg'],
    [['--chart', join(root, 'none', 'x.svg'), '--nodes', '10'], 'does not exist'],
    [['--k', '1', '--k', '2'], 'twice'],
  ];
  test.each(mistakes)('%j is a mistake', async (flags, says) => {
    const { code, stdout, stderr } = await callCli('spread', '--seed', 's', ...flags);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr.split('\n').filter((line) => line.startsWith('hearsay: '))).toHaveLength(1);
    expect(stderr).toContain(says);
    expect(existsSync('x.png')).toBe(false);
  });
});

describe('predict', () => {
  test('one prediction for each combination, every figure a number', async () => {
    const flags = [
      '--nodes',
      '10,100',
      '--fanout',
      '1,3',
      '--loss',
      '0,10%',
      '--interval',
      '200ms,1s',
      '--failed',
      '0.1',
    ];
    const { code, stdout } = await callCli('predict', ...flags, '--json');
    expect(code).toBe(0);
    const { predictions } = JSON.parse(stdout);
    expect(predictions).toHaveLength(16);
    for (const prediction of predictions) {
      for (const each of prediction.spread) {
        expect(each.rounds).toBeGreaterThan(0);
        expect(each.roundsP99).toBeGreaterThanOrEqual(each.rounds - 1);
        expect(each.convergenceMs).toBeCloseTo(each.rounds * prediction.intervalMs, 6);
        expect(each.coverage.at(-1)).toBeGreaterThan(0.99);
      }
      expect(prediction.variants.map((variant: { name: string }) => variant.name)).toEqual([
        'anti-entropy',
        'rumor',
        'push-pull',
        'swim',
      ]);
      expect(prediction.detection.allMs).toBeGreaterThan(prediction.detection.firstMs);
    }
    expect(stdout).not.toMatch(/NaN|Infinity/);
  });

  test('tables for a person', async () => {
    const { stdout } = await callCli('predict');
    for (const word of ['ROUNDS', 'COVERAGE', 'RELIABILITY', 'DETECTION', 'VARIANTS', '10000', 'in circulation']) {
      expect(stdout).toContain(word);
    }
    expect(stdout).not.toMatch(/NaN|undefined/);
  });

  test.each([
    ['--nodes', '10,,20'],
    ['--nodes', '1'],
    ['--loss', '2'],
    ['--interval', 'soon'],
    ['--failed', '1'],
    ['--reliability', '1'],
  ])('%s %s is a mistake', async (...flags) => {
    const { code, stdout, stderr } = await callCli('predict', ...flags);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain(flags[0]);
  });
});

describe('papers', () => {
  test('prints published, measured, difference and verdict; JSON too', async () => {
    const { code, stdout } = await callCli('papers', '--quick', '--only', 'averaging');
    expect(code).toBe(0);
    for (const word of ['published', 'measured', 'difference', 'verdict', 'holds']) expect(stdout).toContain(word);
    const { tables, off } = JSON.parse((await callCli('papers', '--quick', '--only', 'averaging', '--json')).stdout);
    expect([tables.length, off]).toEqual([1, 0]);
    expect(tables[0].cells[0]).toMatchObject({ verdict: 'holds' });
    expect((await callCli('papers', '--only', 'nothing')).code).toBe(64);
  });
});
