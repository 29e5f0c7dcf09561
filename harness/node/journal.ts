/**
 * The records of one life on disk: a JSON line for each batch, appended and forced to the disk before anything that the
 * batch leads to leaves the member. A cut-off last line was never forced, so nothing that it says has left, and it is
 * dropped: a batch is there as a whole or not at all.
 *
 * With its records a batch keeps the reports of the same steps. A process killed between the two has changed its state
 * without telling anybody; its next boot reports the last batch again, and who has heard of it drops it (the number says
 * so). Earlier batches had been reported before the next one was begun.
 */
import { closeSync, fdatasyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Data } from '../../impl/protocol.ts';
import type { StepReport } from './control.ts';

type JournalRecord = readonly [channel: string, record: Data];

/** What the steps of one commit have persisted and reported. */
interface Batch {
  /** Counts the batches of a life from 1. */
  readonly batch: number;
  readonly records: readonly JournalRecord[];
  readonly reports: readonly StepReport[];
}

export interface ReportedBatch {
  readonly batch: number;
  readonly reports: readonly StepReport[];
}

export class Journal {
  readonly #descriptor: number;
  #pending: JournalRecord[] = [];
  #batch = 0;
  /** What earlier boots left, by channel, in order; undefined where nothing was to be restored. */
  readonly restored: ReadonlyMap<string, readonly Data[]> | undefined;
  /** The last batch of the boot before, which may never have been reported. */
  readonly last: ReportedBatch | undefined;

  /** Without `restore`, whatever stood in the file is gone. */
  constructor(file: string, restore: boolean) {
    mkdirSync(dirname(file), { recursive: true });
    this.#descriptor = openSync(file, restore ? 'a+' : 'w');
    if (!restore) return;
    const bytes = readFileSync(file);
    const { records, last, length } = readBatches(bytes);
    if (length < bytes.length) ftruncateSync(this.#descriptor, length);
    this.restored = records;
    this.last = last;
    this.#batch = last?.batch ?? 0;
  }

  append(channel: string, record: Data): void {
    this.#pending.push([channel, record]);
  }

  /** Makes durable what was appended, with `reports`; returns the batch's number, or undefined when there was nothing. */
  commit(reports: readonly StepReport[]): number | undefined {
    if (this.#pending.length === 0) return undefined;
    const batch: Batch = { batch: ++this.#batch, records: this.#pending, reports };
    const bytes = Buffer.from(`${JSON.stringify(batch)}\n`);
    this.#pending = [];
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    fdatasyncSync(this.#descriptor);
    return batch.batch;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The records of whole lines, the last batch, and the number of bytes up to the last line that can be read. */
function readBatches(bytes: Buffer): {
  records: Map<string, Data[]>;
  last: ReportedBatch | undefined;
  length: number;
} {
  const records = new Map<string, Data[]>();
  let last: ReportedBatch | undefined;
  let length = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, length)) {
    let batch: Batch;
    try {
      batch = JSON.parse(bytes.toString('utf8', length, end)) as Batch;
    } catch {
      break;
    }
    for (const [channel, record] of batch.records) {
      const list = records.get(channel);
      if (list === undefined) records.set(channel, [record]);
      else list.push(record);
    }
    last = { batch: batch.batch, reports: batch.reports };
    length = end + 1;
  }
  return { records, last, length };
}
