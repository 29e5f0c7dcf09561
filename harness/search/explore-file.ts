/** explore.json: what one machine has found, and how the files of several add up. */
import { UserError } from '../model/errors.ts';
import { NAME_PATTERN } from '../model/plan-limits.ts';
import { EXIT } from '../model/verdict.ts';
import type { TrialSpace } from './draw-trial.ts';
import type { Shard } from './explore.ts';
import { addTally, emptyTally, type Tally } from './tally.ts';

const EXPLORE_FORMAT = 'hearsay-explore';
const EXPLORE_VERSION = 1;

export interface ExploreFile {
  readonly format: typeof EXPLORE_FORMAT;
  readonly version: typeof EXPLORE_VERSION;
  readonly hearsay: string;
  readonly seed: string;
  readonly seeds: number;
  readonly all: boolean;
  readonly space: TrialSpace;
  /** Parts of the search that this speaks of. */
  readonly shards: readonly Shard[];
  /** Every trial of these shards was made. */
  readonly complete: boolean;
  /** Sum over machines of the time taken, ms. */
  readonly elapsedMs: number;
  readonly tally: Tally;
}

export function exploreFile(facts: Omit<ExploreFile, 'format' | 'version'>): ExploreFile {
  return { format: EXPLORE_FORMAT, version: EXPLORE_VERSION, ...facts };
}

/** Throws a UserError where it is no such file. */
export async function parseExploreFile(text: string, path: string): Promise<ExploreFile> {
  const mend = 'name an explore.json that hearsay explore has written';
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new UserError(`${path} is no JSON, or is cut off`, undefined, mend);
  }
  const head = (typeof raw === 'object' && raw !== null ? raw : {}) as { format?: unknown; version?: unknown };
  if (head.format !== EXPLORE_FORMAT) throw new UserError(`${path} is no result of a search`, undefined, mend);
  if (head.version !== EXPLORE_VERSION) {
    throw new UserError(`${path} has a version that this hearsay does not read`, String(head.version), mend);
  }
  const { z } = await import('zod');
  const count = z.number().int().min(0);
  const counts = z.record(z.string(), count);
  const range = z.tuple([z.number(), z.number()]);
  const shape = z.object({
    hearsay: z.string(),
    seed: z.string(),
    seeds: count,
    all: z.boolean(),
    space: z.object({
      protocols: z.array(z.string()),
      nodes: range,
      timeMs: range,
      settings: z.enum(['quick', 'drawn']),
    }),
    shards: z.array(z.object({ index: count.min(1), of: count.min(1) }).refine(({ index, of }) => index <= of)).min(1),
    complete: z.boolean(),
    elapsedMs: z.number().min(0),
    tally: z.object({
      tried: count,
      impossible: count,
      idle: count,
      valid: count,
      invalid: count,
      unknown: count,
      brokenBeyond: count,
      unclear: z.array(z.object({ trial: count, text: z.string() })),
      coverage: z.object({ kinds: counts, overlaps: counts, sometimes: counts }),
      groups: z.array(
        z.object({
          trial: count,
          seed: z.string(),
          // It becomes a part of the name of a file.
          property: z.string().regex(NAME_PATTERN),
          channel: z.string().nullable(),
          shape: z.string(),
          summary: z.string(),
          count: count.min(1),
          plan: z.object({ seed: z.string() }),
        }),
      ),
    }),
  });
  const parsed = shape.safeParse(raw);
  if (parsed.success) return raw as ExploreFile;
  const [issue] = parsed.error.issues;
  throw new UserError(`${path} is damaged at ${issue?.path.join('.')}`, issue?.message, mend);
}

/** Adds up. Throws a UserError where files speak of different searches, or of one part twice. */
export function mergeExploreFiles(
  files: readonly { readonly path: string; readonly file: ExploreFile }[],
): ExploreFile {
  const [first] = files;
  if (first === undefined) throw new UserError('there is nothing to merge', undefined, 'name explore.json files');
  const tally = emptyTally();
  const seen = new Map<number, string>();
  const shards: Shard[] = [];
  let elapsedMs = 0;
  for (const { path, file } of files) {
    const differing = difference(first.file, file);
    if (differing !== undefined) {
      const mend = 'merge shards of one search only';
      throw new UserError(`${path} and ${first.path} differ in ${differing}`, undefined, mend);
    }
    for (const shard of file.shards) {
      const before = seen.get(shard.index);
      if (before !== undefined) {
        const given = `shard ${shard.index}/${shard.of}`;
        throw new UserError(`${path} repeats what ${before} has`, given, 'name each shard once');
      }
      seen.set(shard.index, path);
      shards.push(shard);
    }
    addTally(tally, file.tally);
    elapsedMs += file.elapsedMs;
  }
  shards.sort((a, b) => a.index - b.index);
  const complete = files.every(({ file }) => file.complete) && shards.length === first.file.shards[0]?.of;
  return { ...first.file, shards, complete, elapsedMs, tally };
}

function difference(a: ExploreFile, b: ExploreFile): string | undefined {
  const facts = (file: ExploreFile): readonly (readonly [string, unknown])[] => [
    ['the version of hearsay', file.hearsay],
    ['--seed', file.seed],
    ['--seeds', file.seeds],
    ['--all', file.all],
    ['what is drawn from (protocols, nodes, time, settings, rate)', file.space],
    ['the number of shards', [...new Set(file.shards.map((shard) => shard.of))]],
  ];
  const others = facts(b);
  return facts(a).find(([, value], i) => JSON.stringify(value) !== JSON.stringify(others[i]?.[1]))?.[0];
}

/** As for several runs: a failure, then what is not known, then all is well. */
export function exploreExitCode(tally: Tally): number {
  if (tally.invalid > 0) return EXIT.invalid;
  return tally.unknown > 0 || tally.tried === 0 ? EXIT.unknown : EXIT.ok;
}
