/** The bench's table and the description of the machine above it. */
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem, type } from 'node:os';
import Table from 'cli-table3';
import { HEARSAY_VERSION } from '../version.ts';
import type { Row } from './figure.ts';

export interface Machine {
  readonly processor: string;
  /** Cores that this process may use. */
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly hearsay: string;
  /** Processes that wanted to run, mean of the last minute, before the bench began: other work makes figures worse. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}, ${type()} ${release()}`,
    node: process.version,
    hearsay: HEARSAY_VERSION,
    loadBefore: loadavg()[0] ?? Number.NaN,
  };
}

export function machineText(machine: Machine): string {
  const { processor, cores, memoryGiB, system, node, hearsay, loadBefore } = machine;
  return `hearsay ${hearsay} on ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, load ${threeDigits(loadBefore)} before`;
}

/** How many times better than wanted; below 1 is a miss. */
export function ratioOf(row: Row): number | undefined {
  return row.wanted === undefined ? undefined : row.wanted / row.measured;
}

const HOW_COLUMNS = 64;

export function rowsTable(rows: readonly Row[]): string {
  const table = new Table({
    head: ['figure', 'measured', 'wanted', 'ratio', 'how'],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    colWidths: [null, null, null, null, HOW_COLUMNS],
    wordWrap: true,
    // The library colours by itself, terminal or not, unless told not to.
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    const wanted = row.wanted === undefined ? '' : `< ${row.wanted} ${row.unit}`;
    const ratio = ratioOf(row);
    const ratioText = ratio === undefined ? '' : `${threeDigits(ratio)}${ratio < 1 ? ' missed' : ''}`;
    table.push([row.figure, `${threeDigits(row.measured)} ${row.unit}`, wanted, ratioText, row.how]);
  }
  return table.toString();
}

/** Three significant digits, and all that stand before the point. */
export function threeDigits(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
