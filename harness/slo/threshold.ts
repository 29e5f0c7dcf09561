/** Thresholds as people write them: `< 2000`, `<= 2s`, `< 5 %`, `<= 10kB`. */
import type { MetricSpec } from './metric-names.ts';

export const OPERATORS = ['<', '<=', '>', '>='] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Threshold {
  readonly operator: Operator;
  /** In the metric's own unit. */
  readonly value: number;
}

/** Units a threshold may carry, and how many of the metric's own unit each is worth. A bare number is in that one. */
const UNITS: Readonly<Record<MetricSpec['unit'], Readonly<Record<string, number>>>> = {
  ms: { us: 0.001, ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 },
  'bytes/s': {
    B: 1,
    kB: 1000,
    MB: 1e6,
    KiB: 1024,
    MiB: 1024 ** 2,
    'B/s': 1,
    'kB/s': 1000,
    'MB/s': 1e6,
    'KiB/s': 1024,
    'MiB/s': 1024 ** 2,
  },
  'messages/s': { '/s': 1, '/min': 1 / 60 },
  '1/h': { '/h': 1, '/min': 60, '/day': 1 / 24 },
  share: { '%': 0.01 },
  count: {},
  ratio: {},
};

/** What is wrong with a threshold, and how to write it instead. */
export interface ThresholdProblem {
  readonly what: string;
  readonly mend: string;
}

export function parseThreshold(text: string, unit: MetricSpec['unit']): Threshold | ThresholdProblem {
  const example = `< ${unit === 'ms' ? '2000' : unit === 'share' ? '0.05' : '10'}`;
  const match = /^\s*([^\s\w.+-]*)\s*([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)?\s*(.*?)\s*$/i.exec(text);
  const [, operator = '', digits, suffix = ''] = match ?? [];
  if (operator === '')
    return { what: 'no comparison', mend: `begin with one of ${OPERATORS.join(', ')}: "${example}"` };
  if (!isOperator(operator)) {
    return { what: `bad operator ${operator}`, mend: `use one of ${OPERATORS.join(', ')}: "${example}"` };
  }
  if (digits === undefined) return { what: 'no number after the operator', mend: `write it as "${example}"` };
  const units = UNITS[unit];
  const scale = suffix === '' ? 1 : Object.hasOwn(units, suffix) ? units[suffix] : undefined;
  if (scale === undefined) {
    const known = Object.keys(units);
    const mend = known.length === 0 ? 'write a bare number' : `use ${known.join(', ')} or a bare number in ${unit}`;
    return { what: `bad unit ${suffix} for a metric in ${unit}`, mend };
  }
  const value = Number(digits) * scale;
  if (!Number.isFinite(value)) return { what: 'the number is out of range', mend: `write it as "${example}"` };
  return { operator, value };
}

function isOperator(text: string): text is Operator {
  return (OPERATORS as readonly string[]).includes(text);
}

export function holds(threshold: Threshold, measured: number): boolean {
  switch (threshold.operator) {
    case '<':
      return measured < threshold.value;
    case '<=':
      return measured <= threshold.value;
    case '>':
      return measured > threshold.value;
    case '>=':
      return measured >= threshold.value;
  }
}
