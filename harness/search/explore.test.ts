import { describe, expect, it } from 'vitest';
import { protocols } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { JUDGE_PARTS, KNOWLEDGE } from '../cli/parts.ts';
import { plantedBug } from '../proof/planted-bugs.ts';
import { type BatchTask, tryBatch } from './batch.ts';
import { drawTrial, type TrialSpace } from './draw-trial.ts';
import { explore, type Shard } from './explore.ts';
import { type ExploreFile, exploreExitCode, exploreFile, mergeExploreFiles, parseExploreFile } from './explore-file.ts';
import { emptyTally, type Tally } from './tally.ts';
import { withSwaps } from './trial.ts';

const SPACE: TrialSpace = { protocols: ['swim'], nodes: [4, 6], timeMs: [10_000, 12_000], settings: 'drawn' };
const SEEDS = 30;

/** A bug that some seeds show and others do not. */
const SWAPPED = withSwaps(protocols, { swim: plantedBug('swimNeverRefutes').protocol });

function tryHere(task: BatchTask, known = SWAPPED): Promise<Tally> {
  const parts = { ...JUDGE_PARTS, protocols: known };
  return Promise.resolve(tryBatch(task, { knowledge: KNOWLEDGE, nemeses: NEMESES, parts }));
}

interface Over {
  readonly shard?: Shard;
  readonly all?: boolean;
  readonly run?: (task: BatchTask) => Promise<Tally>;
  readonly signal?: AbortSignal;
}

function search({ shard = { index: 1, of: 1 }, all = true, run = tryHere, signal }: Over = {}) {
  return explore({
    space: SPACE,
    seed: 'explore',
    seeds: SEEDS,
    shard,
    all,
    threads: 3,
    run,
    onProgress: () => undefined,
    signal: signal ?? new AbortController().signal,
  });
}

/** Answers come in the reverse order of asking, as many at a time as are asked for. */
function reversed(): (task: BatchTask) => Promise<Tally> {
  const waiting: (() => void)[] = [];
  return async (task) => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      setImmediate(() => {
        for (const go of waiting.splice(0).reverse()) go();
      });
    });
    return tryHere(task);
  };
}

function fileOf(tally: Tally, shard: Shard, complete = true): ExploreFile {
  const facts = { hearsay: '0', seed: 'explore', seeds: SEEDS, all: true, space: SPACE, elapsedMs: 1 };
  return exploreFile({ ...facts, shards: [shard], complete, tally });
}

describe('explore', () => {
  it('finds the same whatever the order in which batches come back', async () => {
    const { tally, complete } = await search();
    expect(complete).toBe(true);
    expect(tally.invalid).toBeGreaterThan(0);
    expect(tally.tried + tally.idle + tally.impossible).toBe(SEEDS);
    expect((await search({ run: reversed() })).tally).toEqual(tally);
  });

  it('hands out every trial once, in order, in batches that get smaller towards the end', async () => {
    const batches: (readonly number[])[] = [];
    await search({
      run: (task) => {
        batches.push(task.trials);
        return Promise.resolve(emptyTally());
      },
    });
    expect(batches.flat()).toEqual(Array.from({ length: SEEDS }, (_, trial) => trial));
    expect(batches.length).toBeGreaterThanOrEqual(3 * 4);
    const sizes = batches.map((batch) => batch.length);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(sizes.at(-1)).toBe(1);
  });

  it('stops at the earliest failure, whichever thread was first', async () => {
    const every = await search();
    const first = every.tally.groups[0];
    for (const run of [tryHere, reversed()]) {
      const { tally, complete } = await search({ all: false, run });
      expect(complete).toBe(false);
      expect(new Set(tally.groups.map((group) => group.trial))).toEqual(new Set([first?.trial]));
    }
  });

  it('shards add up to the whole, in any order', async () => {
    const whole = await search();
    const files: { path: string; file: ExploreFile }[] = [];
    for (const index of [3, 1, 2]) {
      const { tally } = await search({ shard: { index, of: 3 } });
      files.push({ path: `${index}`, file: fileOf(tally, { index, of: 3 }) });
    }
    const sum = mergeExploreFiles(files);
    const sorted = (counts: Readonly<Record<string, number>>) => Object.entries(counts).sort();
    expect({ ...sum.tally, coverage: null }).toEqual({ ...whole.tally, coverage: null });
    for (const part of ['kinds', 'overlaps', 'sometimes'] as const) {
      expect(sorted(sum.tally.coverage[part])).toEqual(sorted(whole.tally.coverage[part]));
    }
    expect(sum.complete).toBe(true);
    expect(mergeExploreFiles(files.slice(1)).complete).toBe(false);
  });

  it('an interrupt ends it with what was found so far', async () => {
    const controller = new AbortController();
    let batches = 0;
    const run = (task: BatchTask): Promise<Tally> => {
      if (++batches === 3) controller.abort();
      return batches < 3 ? tryHere(task) : new Promise(() => undefined);
    };
    const { tally, complete } = await search({ run, signal: controller.signal });
    expect(complete).toBe(false);
    // Two batches of several came back, and not the third.
    const done = tally.tried + tally.idle + tally.impossible;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(SEEDS);
  });

  it('flags nothing of the correct protocol, and has seen faults, pairs and conditions', async () => {
    const { tally } = await search({ run: (task) => tryHere(task, protocols) });
    expect(tally.groups).toEqual([]);
    expect(exploreExitCode(tally)).toBe(0);
    expect(Object.keys(tally.coverage.kinds).length).toBeGreaterThan(10);
    expect(Object.keys(tally.coverage.overlaps).length).toBeGreaterThan(20);
    expect(Object.keys(tally.coverage.sometimes)).toContain('swim: suspicion-refuted');
  });
});

describe('explore.json', () => {
  const file = async (shard: Shard) => fileOf((await search({ shard })).tally, shard);

  it('is read back as it was written', async () => {
    const written = await file({ index: 1, of: 3 });
    expect(await parseExploreFile(JSON.stringify(written), 'a')).toEqual(written);
  });

  it('a shard twice, another search, and what is no such file are refused', async () => {
    const one = await file({ index: 1, of: 3 });
    const merge =
      (...files: ExploreFile[]) =>
      () =>
        mergeExploreFiles(files.map((each, i) => ({ path: `f${i}`, file: each })));
    expect(merge(one, one)).toThrow('f1 repeats what f0 has');
    const other = await file({ index: 2, of: 3 });
    expect(merge(one, other)).not.toThrow();
    expect(merge(one, { ...other, seed: 'x' })).toThrow('differ in --seed');
    expect(merge(one, { ...other, shards: [{ index: 2, of: 4 }] })).toThrow('differ in the number of shards');
    expect(merge(one, { ...other, space: { ...SPACE, nodes: [4, 7] } })).toThrow('differ in what is drawn from');
    await expect(parseExploreFile('{', 'x')).rejects.toThrow('x is no JSON');
    await expect(parseExploreFile('{}', 'x')).rejects.toThrow('x is no result of a search');
    const damaged = { ...one, tally: { ...one.tally, tried: -1 } };
    await expect(parseExploreFile(JSON.stringify(damaged), 'x')).rejects.toThrow('x is damaged at tally.tried');
  });
});

describe('draws', () => {
  it('give the same plan for the same seed, and others for others', () => {
    const draw = (seed: string) => JSON.stringify(drawTrial(SPACE, seed, KNOWLEDGE, NEMESES));
    expect(draw('a')).toBe(draw('a'));
    expect(new Set(['a', 'b', 'c', 'd'].map(draw)).size).toBe(4);
  });

  it('change settings and loads, stay in the space, and at times heal a core only', () => {
    const plans = Array.from({ length: 60 }, (_, i) => drawTrial(SPACE, `${i}`, KNOWLEDGE, NEMESES)).filter(
      (plan) => plan !== undefined,
    );
    const settings = new Set(plans.map((plan) => JSON.stringify(plan.channels[0]?.settings)));
    expect(settings.size).toBeGreaterThan(10);
    for (const plan of plans) {
      expect(plan.members.length).toBeGreaterThanOrEqual(4);
      expect(plan.members.length).toBeLessThanOrEqual(6);
      expect(plan.closing.healAtMs).toBeGreaterThanOrEqual(10_000);
      expect(plan.closing.healAtMs).toBeLessThanOrEqual(12_000);
    }
    const cores = plans.flatMap((plan) => (plan.closing.core === undefined ? [] : [plan.closing.core]));
    expect(cores.length).toBeGreaterThan(5);
    expect(cores.length).toBeLessThan(plans.length / 2);
    for (const core of cores) expect(core.length).toBeGreaterThanOrEqual(2);
    expect(plans.filter((plan) => plan.faults.some((fault) => fault.id.startsWith('storm-'))).length).toBeGreaterThan(
      5,
    );
  });
});
