/** What judging a stored history costs, and whether the cost grows with its length and no faster. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { FILES } from '../../run/store.ts';
import { type ChildCost, measureInChild } from './child.ts';
import type { Figure, Row } from './figure.ts';
import { median } from './figure.ts';
import { writeSyntheticRun } from './synthetic-history.ts';
import { threeDigits } from './table.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const WANTED_S = 20;
const WANTED_MB = 1000;
const SIZES = [1e4, 1e5, 1e6] as const;
const TINY_SIZES = [500, 1000] as const;
const REPEATS = 3;

interface Point {
  readonly operations: number;
  readonly lines: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly peakMB: number;
  readonly costs: readonly ChildCost<'judge'>[];
}

async function measurePoint(operations: number, repeats: number, directory: string): Promise<Point> {
  const lines = writeSyntheticRun(directory, operations);
  const bytes = statSync(join(directory, FILES.history)).size;
  const costs: ChildCost<'judge'>[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) costs.push(await measureInChild('judge', { directory }));
  const flawed = costs.map(({ outcome }) => outcome).find(({ verdict }) => verdict !== 'valid');
  if (flawed !== undefined) throw new Error(`a sound history was judged ${flawed.verdict}: ${flawed.flaws.join('; ')}`);
  const seconds = median(costs.map((cost) => cost.seconds));
  return { operations, lines, bytes, seconds, peakMB: median(costs.map((cost) => cost.peakMB)), costs };
}

function rowsOf(point: Point, before: Point | undefined): Row[] {
  const { operations, lines, bytes, seconds, peakMB, costs } = point;
  const largest = operations === SIZES.at(-1);
  const name = `check: ${operations} operations`;
  const rate = `${threeDigits(lines / seconds / 1000)}k lines/s`;
  const range = costs.map((cost) => threeDigits(cost.seconds)).join(', ');
  const processor = threeDigits(median(costs.map((cost) => cost.processorS)));
  const growth =
    before === undefined
      ? ''
      : `; ${threeDigits(seconds / before.seconds)} times the time for ${threeDigits(lines / before.lines)} times the lines`;
  const how = `${lines} lines, ${threeDigits(bytes / 1e6)} MB, ${rate}; median of ${range} (processor time ${processor})${growth}`;
  return [
    { figure: `${name}, time`, measured: seconds, wanted: largest ? WANTED_S : undefined, unit: 's', how },
    {
      figure: `${name}, memory`,
      measured: peakMB,
      wanted: largest ? WANTED_MB : undefined,
      unit: 'MB',
      how: 'largest resident set of the process that judges, plan included',
    },
  ];
}

export const checkSpeed: Figure = {
  name: 'check',
  doc: 'stored histories of 10^4, 10^5 and 10^6 operations judged again, as by hearsay check',
  async measure(note, size) {
    const repeats = size === 'tiny' ? 1 : REPEATS;
    const rows: Row[] = [];
    let before: Point | undefined;
    for (const operations of size === 'tiny' ? TINY_SIZES : SIZES) {
      note(`check: ${operations} operations`);
      const point = await inTemporaryFolder((directory) => measurePoint(operations, repeats, directory));
      rows.push(...rowsOf(point, before));
      before = point;
    }
    return rows;
  },
};
