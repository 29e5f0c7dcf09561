/**
 * One plan file, unchanged, in the simulator, on processes, in namespaces and in containers: each run is valid, and what
 * the plan decides stands in each history alike: who is asked what, and which faults are on when.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCli } from '../cli/cli-harness.ts';
import { linesOf } from '../cli/command-run.ts';
import { skipLoudly, startTestEngine, type TestEngine } from '../clusters/docker/test-engine.ts';
import { offers } from '../clusters/netns/test-machine.ts';
import type { HistoryLine } from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import type { RunVerdict } from '../model/verdict.ts';
import { whileAwake } from './busy-machine.ts';

const lackOfNetns = (await offers('root')) && (await offers('rootless'));
const CLUSTERS: readonly (readonly [name: string, isLacking: boolean])[] = [
  ['sim', false],
  ['local', false],
  ['netns', lackOfNetns !== undefined],
  ['docker', skipLoudly('one plan on four clusters, the fourth')],
];

/** What a history says of the plan. */
function plannedParts(lines: readonly HistoryLine[]) {
  const operations: string[] = [];
  const faults: string[] = [];
  const edges = new Map<string, number>();
  const sets: string[] = [];
  for (const line of lines) {
    if (line.type === 'invoke') {
      operations.push(
        JSON.stringify([line.op, line.member, line.workload, line.channel, line.f, line.value, line.planned]),
      );
    } else if (line.type === 'fault') {
      faults.push(`${line.fault} ${line.kind} ${line.event}`);
      edges.set(`${line.fault} ${line.event}`, line.time / 1e6);
    } else if (line.type === 'epoch') sets.push(line.faults.join(' '));
  }
  return { operations: operations.sort(), faults, edges, sets };
}

describe('one plan', () => {
  let folder = '';
  let file = '';
  let plan: Plan;
  let engine: TestEngine | undefined;
  const parts = new Map<string, ReturnType<typeof plannedParts>>();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hearsay-four-'));
    const faults = ['--partition', '--loss', '0.1', '--kill', '1'];
    const made = await callCli(
      'nemesis',
      '--nodes',
      '5',
      '--time',
      '12s',
      ...faults,
      '--seed',
      'four',
      '--plan-only',
      '--out',
      join(folder, 'plan'),
    );
    expect(made.code, made.stderr).toBe(0);
    file = join(folder, 'plan', 'plan.json');
    plan = JSON.parse(readFileSync(file, 'utf8')) as Plan;
  });
  afterAll(async () => {
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [cluster, isLacking] of CLUSTERS) {
    it.skipIf(isLacking)(`is valid on ${cluster}, and all of it is done`, { timeout: 240_000 }, async () => {
      let verdict: RunVerdict | undefined;
      if (cluster === 'docker') engine = await startTestEngine();
      const engines = engine === undefined ? [] : ['--docker-host', engine.host];
      let out = '';
      let tries = 0;
      const { lines } = await whileAwake(async () => {
        out = join(folder, `${cluster}-${++tries}`);
        const run = await callCli('nemesis', '--plan', file, '--cluster', cluster, ...engines, '--json', '--out', out);
        expect([0, 1, 2], run.stderr).toContain(run.code);
        verdict = JSON.parse(run.stdout) as RunVerdict;
        return { lines: linesOf(out), properties: verdict.properties };
      });
      expect(verdict, JSON.stringify(verdict?.properties)).toMatchObject({ cluster, verdict: 'valid', exitCode: 0 });
      expect(verdict?.properties.find(({ name }) => name === 'fault-effect')).toMatchObject({
        verdict: 'valid',
        judged: 3,
      });
      expect(JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8'))).toEqual(plan);

      const own = plannedParts(lines);
      parts.set(cluster, own);
      for (const { id, type, atMs, untilMs } of plan.faults) {
        expect(own.faults.filter((fault) => fault.startsWith(`${id} `))).toEqual([
          `${id} ${type} start`,
          `${id} ${type} end`,
        ]);
        // Never early; how late, is the machine's business, as long as it was on at all.
        const [startMs = Number.NaN, endMs = Number.NaN] = ['start', 'end'].map((event) =>
          own.edges.get(`${id} ${event}`),
        );
        expect(startMs).toBeGreaterThanOrEqual(atMs);
        expect(startMs).toBeLessThan(untilMs);
        expect(endMs).toBeGreaterThanOrEqual(untilMs);
      }
    });
  }

  it('is offered and hurt alike on all of them', () => {
    const [first, ...others] = [...parts.values()];
    expect(first?.operations.length).toBe(plan.operations.length);
    expect(first?.sets.some((set) => set.split(' ').length === 2)).toBe(true);
    for (const other of others) {
      expect(other.operations).toEqual(first?.operations);
      expect(other.faults).toEqual(first?.faults);
      expect(other.sets).toEqual(first?.sets);
    }
    expect(others.length).toBe(CLUSTERS.filter(([, isLacking]) => !isLacking).length - 1);
  });
});
