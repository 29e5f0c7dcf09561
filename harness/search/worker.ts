/** A search's worker thread: everything that a trial needs, brought together, and one function that tries a batch. */
import { protocols } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { createTimeline } from '../../workloads/checkers/timeline.ts';
import { checkers, workloads } from '../../workloads/registry.ts';
import { type BatchTask, tryBatch } from './batch.ts';
import type { Tally } from './tally.ts';

const KNOWLEDGE = { protocols: [...protocols.values()], workloads: [...workloads.values()] };
const PARTS = { protocols, checkers, createTimeline };

/** Called by the pool, by name. */
export function search(task: BatchTask): Tally {
  return tryBatch(task, { knowledge: KNOWLEDGE, nemeses: NEMESES, parts: PARTS });
}
