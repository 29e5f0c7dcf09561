/**
 * Every published table that is reproduced here. To add one: a file with a `Paper`, and a line in this list; a table
 * that needs a cluster (Lifeguard's, on `consul` in `sim`) is handed in the same way.
 */
import { averagingFactors } from './averaging.ts';
import type { Paper } from './cell.ts';
import { demersPull, demersTable1, demersTable2 } from './demers.ts';
import { spreadingRounds } from './rounds.ts';
import { swimFalseSuspicions, swimFirstProbe } from './swim.ts';

export const PAPERS: readonly Paper[] = [
  demersTable1,
  demersTable2,
  demersPull,
  spreadingRounds,
  averagingFactors,
  swimFirstProbe,
  swimFalseSuspicions,
];
