/** What a search has found, for people. */
import type { AnyProtocol } from '../../impl/protocol.ts';
import { protocols } from '../../impl/registry.ts';
import { coverable } from '../search/coverage.ts';
import type { ExploreFile } from '../search/explore-file.ts';
import type { FailureGroup, Tally } from '../search/tally.ts';
import { shellWord } from './parts.ts';

/** `1,240/10,000 trials  103/s  2 failures  faults 14/15  pairs 80/105  sometimes 9/12`. */
export function describeSearch(
  tally: Tally,
  done: number,
  wanted: number,
  elapsedMs: number,
  names: readonly string[],
) {
  const { kinds, overlaps, sometimes } = reached(tally, names);
  const perSecond = elapsedMs > 0 ? Math.round((done / elapsedMs) * 1000) : 0;
  return [
    `${figure(done)}/${figure(wanted)} trials`,
    `${perSecond}/s`,
    `${figure(tally.invalid)} broken`,
    `faults ${kinds.met}/${kinds.of}`,
    `pairs ${overlaps.met}/${overlaps.of}`,
    `sometimes ${sometimes.met}/${sometimes.of}`,
  ].join('  ');
}

function figure(value: number): string {
  return value.toLocaleString('en-US');
}

interface Reached {
  readonly met: number;
  readonly of: number;
  readonly never: readonly string[];
}

function reached(tally: Tally, names: readonly string[]) {
  const searched = names.flatMap((name): readonly AnyProtocol[] => {
    const protocol = protocols.get(name);
    return protocol === undefined ? [] : [protocol];
  });
  const wanted = coverable(searched);
  const part = (keys: readonly string[], met: Readonly<Record<string, number>>): Reached => {
    const never = keys.filter((key) => met[key] === undefined);
    return { met: keys.length - never.length, of: keys.length, never };
  };
  return {
    kinds: part(wanted.kinds, tally.coverage.kinds),
    overlaps: part(wanted.overlaps, tally.coverage.overlaps),
    sometimes: part(wanted.sometimes, tally.coverage.sometimes),
  };
}

const MOST_LISTED = 12;

/** `planPath`: where the plan of a group was written; undefined: nowhere. */
export function searchSummary(file: ExploreFile, planPath: (group: FailureGroup) => string | undefined): string {
  const { tally } = file;
  const { kinds, overlaps, sometimes } = reached(tally, file.space.protocols);
  const lines: string[] = [];
  for (const group of tally.groups)
    lines.push(...describeGroup(group, planPath(group), witnessFlag(group, tally.groups)));
  for (const { trial, text } of tally.unclear) lines.push(`unknown: trial ${trial}: ${text}`);
  const of = file.shards.length === 1 && file.shards[0]?.of === 1 ? '' : `, shards ${shardList(file)}`;
  lines.push(
    `seed ${file.seed}${of}: ${figure(tally.tried)} trials, ${figure(tally.valid)} valid, ` +
      `${figure(tally.invalid)} invalid, ${figure(tally.unknown)} unknown; ` +
      `broken beyond the claims (no defect): ${figure(tally.brokenBeyond)}`,
    `not counted: ${figure(tally.idle)} with a fault that met no traffic, ${figure(tally.impossible)} draws that no plan fits`,
    listing('faults', kinds),
    listing('pairs of faults at one time', overlaps),
    listing('sometimes', sometimes),
  );
  if (!file.complete) {
    const isFound = tally.groups.length > 0 && !file.all;
    lines.push(isFound ? 'stopped at the first failure; --all goes on' : 'the search did not make all its trials');
  }
  return `${lines.join('\n')}\n`;
}

function shardList({ shards }: ExploreFile): string {
  return shards.map(({ index, of }) => `${index}/${of}`).join(', ');
}

function listing(what: string, { met, of, never }: Reached): string {
  if (of === 0) return `${what}: none declared`;
  if (never.length === 0) return `${what}: all ${of} met`;
  const shown = never.slice(0, MOST_LISTED).join(', ');
  const more = never.length > MOST_LISTED ? ` and ${never.length - MOST_LISTED} more` : '';
  return `${what}: ${met} of ${of} met; never: ${shown}${more}`;
}

/** A property that was broken in several ways can be shrunk into another of them, if nobody says which is meant. */
function witnessFlag(group: FailureGroup, groups: readonly FailureGroup[]): string {
  const label = /^[A-Z][A-Za-z ]{2,30}:/.exec(group.summary)?.[0];
  const isOneOfSeveral = groups.filter(({ property }) => property === group.property).length > 1;
  return label !== undefined && isOneOfSeveral ? ` --witness ${shellWord(label)}` : '';
}

function describeGroup(group: FailureGroup, path: string | undefined, witness: string): string[] {
  const channel = group.channel === null ? '' : ` (${group.channel})`;
  const times = group.count === 1 ? 'once' : `${figure(group.count)} times`;
  return [
    `broken: ${group.property}${channel}, ${times}, first in trial ${group.trial} (seed ${group.seed})`,
    `  ${group.summary.split('\n')[0]}`,
    ...(path === undefined
      ? []
      : [`  npm run hearsay -- shrink ${shellWord(path)} --property ${group.property}${witness}`]),
  ];
}
