/** What the cells of a grid add up to, and how the variants stand in order. */
import type { ExperimentResult } from './experiment.ts';

export type Count = 'falsePositives' | 'falseAtHealthy' | 'messages' | 'bytes';

export function sumOf(results: readonly ExperimentResult[], count: Count): number {
  return results.reduce((sum, result) => sum + result[count], 0);
}

/** Over all slowed members of all cells that were declared dead within their first block; NaN where none was. */
export function medianDetectionMs(results: readonly ExperimentResult[]): number {
  const sorted = results.flatMap(({ firstDetectionsMs }) => firstDetectionsMs).sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
}

/** 1 for the largest; equal values share the better rank. */
export function rankOf(value: number, among: readonly number[]): number {
  return 1 + among.filter((other) => other > value).length;
}
