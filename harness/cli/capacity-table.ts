/** What `hearsay capacity` found, as a person reads it on a terminal. */
import Table from 'cli-table3';
import type { Capacity, CapacityRow } from '../capacity/capacity.ts';
import type { Profile } from '../plan/make-plan.ts';
import { shellWord } from './parts.ts';
import { figureText } from './spread-tables.ts';

export interface CapacityCase {
  readonly seeds: readonly string[];
  readonly timeMs: number;
  readonly protocols: readonly string[];
  readonly profile: Profile;
  readonly members: readonly number[];
  readonly workloads: readonly string[] | undefined;
  readonly ratePerSecond: number | undefined;
}

/** Gives the same figures again, from the first seed of the row. */
export function capacityCommand(request: CapacityCase): string {
  const { members, seeds, timeMs, protocols, profile, workloads, ratePerSecond } = request;
  const flags: readonly (readonly [string, string | undefined])[] = [
    ['members', members.join(',')],
    ['seeds', String(seeds.length)],
    ['time', timeMs % 1000 === 0 ? `${timeMs / 1000}s` : `${timeMs}ms`],
    ['protocol', protocols.join(',')],
    ['profile', profile],
    ['workload', workloads?.join(',')],
    ['rate', ratePerSecond === undefined ? undefined : String(ratePerSecond)],
    ['seed', seeds[0]?.replace(/-1$/, '')],
  ];
  const given = flags.flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag} ${shellWord(value)}`]));
  return `npm run capacity -- ${given.join(' ')}`;
}

export function describeCapacity({ seeds, timeMs, protocols, profile }: CapacityCase): string {
  const names = seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds[0]} to ${seeds.at(-1)}`;
  return `${protocols.join(', ')} (${profile}) in sim, ${timeMs / 1000} s of load, no faults; ${names}`;
}

/** One line for each figure of each scope, its sizes side by side: the median of the runs, and theory's in brackets. */
export function capacityText(request: CapacityCase, { sizes, rows }: Capacity): string {
  const table = new Table({
    head: ['figure', 'of', 'unit', ...sizes.map(({ members }) => `${members} members`)],
    style: { head: [], border: [], compact: true },
  });
  for (const [first, ...more] of groupRows(rows)) {
    const ofSize = new Map([first, ...more].map((row) => [row.members, cell(row)]));
    const { figure, scope, unit } = first;
    table.push([figure, scopeText(scope), unit, ...sizes.map(({ members }) => ofSize.get(members) ?? '-')]);
  }
  const verdicts = sizes.map(({ members, runs, valid }) => `${members} members: ${valid} of ${runs}`).join(', ');
  return [
    describeCapacity(request),
    table.toString(),
    'medians of the runs; in brackets what theory expects, where it has a closed form',
    `valid runs: ${verdicts}`,
  ].join('\n');
}

export function scopeText(scope: string): string {
  return scope === '' ? 'all' : scope;
}

/** Rows of one figure and scope together, in their order. */
export function groupRows(rows: readonly CapacityRow[]): (readonly [CapacityRow, ...CapacityRow[]])[] {
  const groups = new Map<string, [CapacityRow, ...CapacityRow[]]>();
  for (const row of rows) {
    const key = `${row.figure} ${row.scope}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function cell({ median, expected }: CapacityRow): string {
  return expected === null ? figureText(median) : `${figureText(median)} (${figureText(expected)})`;
}
