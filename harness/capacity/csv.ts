/** Rows as CSV (RFC 4180, with line feeds): a header, then one line for each row. Empty where there is no value. */
import type { CapacityRow } from './capacity.ts';

const COLUMNS: readonly (readonly [string, (row: CapacityRow) => string | number | null])[] = [
  ['members', (row) => row.members],
  ['scope', (row) => (row.scope === '' ? 'all' : row.scope)],
  ['figure', (row) => row.figure],
  ['unit', (row) => row.unit],
  ['runs', (row) => row.runs],
  ['median', (row) => row.median],
  ['min', (row) => row.min],
  ['max', (row) => row.max],
  ['expected', (row) => row.expected],
];

export function capacityCsv(rows: readonly CapacityRow[]): string {
  const lines = [COLUMNS.map(([name]) => name), ...rows.map((row) => COLUMNS.map(([, read]) => field(read(row))))];
  return lines.map((line) => `${line.join(',')}\n`).join('');
}

function field(value: string | number | null): string {
  if (value === null) return '';
  // More digits than six would say more than was measured.
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
