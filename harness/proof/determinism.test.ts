/**
 * The same plan gives the same history, byte for byte: run twice, by reference and through the codec, and in processes
 * of their own. Protocols that leak, by an object that they share or by randomness of their own, are caught by the very
 * same comparisons.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { AnyProtocol } from '../../impl/protocol.ts';
import { rumor } from '../../impl/rumor/rumor.ts';
import { swim } from '../../impl/swim/swim.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { FAULT_TYPES } from '../model/fault.ts';
import type { Nemesis } from '../model/nemesis.ts';
import type { Plan } from '../model/plan.ts';
import { split } from '../model/rng.ts';
import { type HistoryDifference, historyDifference } from '../run/history-difference.ts';
import { FILES } from '../run/store.ts';
import { drawnPlan, planOf, runOnSim, type SimScenario } from './test-scenario.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'hearsay-determinism-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Told {
  readonly hash: string;
  readonly lines: readonly string[];
}

function tell(plan: Plan, scenario: SimScenario = {}): Told {
  const lines: string[] = [];
  const { hash } = runOnSim(plan, { ...scenario, record: (line) => lines.push(JSON.stringify(line)) });
  return { hash, lines };
}

/** Runs the plan as a user would, in a new process, and reads what it left. */
async function tellInProcess(plan: Plan, name: string): Promise<Told> {
  const path = join(work, `${name}.plan.json`);
  const out = join(work, name);
  writeFileSync(path, JSON.stringify(plan));
  const call = [CLI, 'nemesis', '--plan', path, '--cluster', 'sim', '--json', '--out', out];
  // Whatever the verdict is, the object is on stdout.
  const { stdout } = await promisify(execFile)(process.execPath, call, { maxBuffer: 1 << 28 }).catch(
    (error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }),
  );
  const { historyHash } = JSON.parse(stdout) as { historyHash: string };
  const text = readFileSync(join(out, FILES.history), 'utf8').trimEnd();
  return { hash: historyHash, lines: text.split('\n').slice(1) };
}

/** undefined: equal. Equal lines under different hashes would be a fault of the hash. */
function difference(first: Told, second: Told): HistoryDifference | string | undefined {
  const parting = historyDifference(first.lines, second.lines);
  if (parting !== undefined) return parting;
  return first.hash === second.hash ? undefined : `hashes ${first.hash} and ${second.hash} of equal lines`;
}

/** Every fault there is, over a short load. */
function everyFault(): Plan {
  const members = ['n1', 'n2', 'n3', 'n4', 'n5'];
  const draw = (nemesis: Nemesis) => nemesis.draw(split('every fault', nemesis.type), members);
  const faults = NEMESES.map((nemesis) => ({
    nemesis,
    argument: nemesis.type === 'churn' ? nemesis.parse('30/min') : draw(nemesis),
  }));
  return planOf('every fault', {}, { faults, nodes: members.length, timeMs: 10_000 });
}

/** These also run in processes of their own, which costs seconds. */
const PLANS = [planOf('cut', { partition: true, loss: '0.1' }, { nodes: 5, timeMs: 10_000 }), everyFault()];
const DRAWN = ['drawn 1', 'drawn 2', 'drawn 3', 'drawn 4', 'drawn 5', 'drawn 6'].map((seed) => drawnPlan(seed));

it.each([...PLANS, ...DRAWN])('plan "$seed" gives the same history twice, and through the codec', (plan) => {
  const first = tell(plan);
  expect(first.lines.length).toBeGreaterThan(1000);
  expect(difference(first, tell(plan))).toBeUndefined();
  expect(difference(first, tell(plan, { codec: true }))).toBeUndefined();
});

it.each(PLANS)('plan "$seed" gives that history in two processes of their own', async (plan) => {
  const name = plan.seed.replaceAll(' ', '-');
  const [one, two] = await Promise.all([tellInProcess(plan, `${name}-1`), tellInProcess(plan, `${name}-2`)]);
  expect(difference(one, two)).toBeUndefined();
  expect(difference(tell(plan), one)).toBeUndefined();
});

it('one of the plans has every kind of fault, and other plans give other histories', () => {
  expect([...new Set(everyFault().faults.map((fault) => fault.type))].sort()).toEqual([...FAULT_TYPES].sort());
  expect(new Set(PLANS.map((plan) => tell(plan).hash)).size).toBe(PLANS.length);
});

/** Sends its own list, and goes on adding to it: whoever reads the message by reference sees what came later. */
function sharing(protocol: AnyProtocol): AnyProtocol {
  return {
    ...protocol,
    init: (ctx) => ({ inner: protocol.init(ctx), heard: [] }),
    handle(state, event, ctx) {
      const wrapped = {
        ...ctx,
        send: (to: string, inner: unknown) => ctx.send(to, { inner, heard: state.heard }),
        stream: (to: string, inner: unknown) => ctx.stream(to, { inner, heard: state.heard }),
      };
      if (event.type !== 'message') protocol.handle(state.inner, event, wrapped);
      else {
        state.heard.push(event.from);
        if (state.heard.length > 5) state.heard.length = 0;
        ctx.emit({ kind: 'apply', key: 'heard', version: `${event.message.heard.length}` });
        protocol.handle(state.inner, { ...event, message: event.message.inner }, wrapped);
      }
    },
    view: (state) => protocol.view(state.inner),
    decode(raw) {
      const { inner, heard } = raw as { inner: unknown; heard: unknown };
      const message = protocol.decode(inner);
      return message === undefined ? undefined : { inner: message, heard };
    },
    kindOf: (message) => protocol.kindOf(message.inner),
  };
}

/** Shuffles by a randomness that no seed rules. */
function unseeded(protocol: AnyProtocol): AnyProtocol {
  return {
    ...protocol,
    handle(state, event, ctx) {
      const shuffle = <T>(items: T[]): T[] => items.sort(() => Math.random() - 0.5);
      protocol.handle(state, event, { ...ctx, random: { ...ctx.random, shuffle } });
    },
  };
}

/** Counts over all runs of the process, as a variable of a module would. */
function remembering(protocol: AnyProtocol): AnyProtocol {
  let steps = 0;
  return {
    ...protocol,
    handle(state, event, ctx) {
      protocol.handle(state, event, ctx);
      if (event.type === 'timer') ctx.emit({ kind: 'apply', key: 'steps', version: `${++steps}` });
    },
  };
}

describe('a leak is caught', () => {
  // Messages that are long under way give time to change them.
  const plan = planOf('leak', { delay: '100ms' }, { protocols: ['swim', 'rumor'], timeMs: 10_000 });

  it('of an object that the sender goes on changing: by the codec', () => {
    const swap = { rumor: sharing(rumor) };
    expect(difference(tell(plan, { swap }), tell(plan, { swap }))).toBeUndefined();
    const parting = difference(tell(plan, { swap }), tell(plan, { swap, codec: true }));
    expect(parting).toMatchObject({
      first: expect.stringContaining('heard'),
      second: expect.stringContaining('heard'),
    });
  });

  it('of randomness without a seed: by running twice', () => {
    const swap = { swim: unseeded(swim) };
    expect(difference(tell(plan, { swap }), tell(plan, { swap }))).toBeDefined();
  });

  it('of memory that outlives a run: by running twice', () => {
    const swap = { swim: remembering(swim) };
    expect(difference(tell(plan, { swap }), tell(plan, { swap }))).toMatchObject({
      first: expect.stringContaining('steps'),
    });
  });
});
