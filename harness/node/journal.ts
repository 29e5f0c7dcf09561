/**
 * The records of one life on disk: a JSON line for each batch, appended and forced to the disk before anything that the
 * batch leads to leaves the member. A cut-off last line was never forced, so nothing that it says has left, and it is
 * dropped: a batch is there as a whole or not at all.
 *
 * With its records a batch keeps the reports of the same steps. A process killed between the two has changed its state
 * without telling anybody; its next boot reports the last batch again, and who has heard of it drops it (the number says
 * so). Earlier batches had been reported before the next one was begun.
 *
 * Where there is no room for a batch, none of it stays, and the next commit tries again with all that has come since.
 */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
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

/** There is no room on the disk for what is to be stored. */
export class NoRoomError extends Error {
  constructor() {
    super('there is no room left for the records (ENOSPC)');
    this.name = 'NoRoomError';
  }
}

/** What disks say that have no room, for anybody or for this user. */
const NO_ROOM: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

export class Journal {
  readonly #descriptor: number;
  #pending: JournalRecord[] = [];
  #batch = 0;
  /** Bytes of whole lines. */
  #length = 0;
  #storedBytes = 0;
  #refused = 0;
  /** The disk counts as full, whatever it is: the fault where no real disk is filled. */
  full = false;
  /** What earlier boots left, by channel, in order; undefined where nothing was to be restored. */
  readonly restored: ReadonlyMap<string, readonly Data[]> | undefined;
  /** The last batch of the boot before, which may never have been reported. */
  readonly last: ReportedBatch | undefined;

  /** Without `restore`, whatever stood in the file is gone. */
  constructor(file: string, restore: boolean) {
    mkdirSync(dirname(file), { recursive: true });
    this.#descriptor = openSync(file, 'a+');
    if (!restore) ftruncateSync(this.#descriptor);
    if (!restore) return;
    const bytes = readFileSync(file);
    const { records, last, length } = readBatches(bytes);
    if (length < bytes.length) ftruncateSync(this.#descriptor, length);
    this.#length = length;
    this.restored = records;
    this.last = last;
    this.#batch = last?.batch ?? 0;
  }

  append(channel: string, record: Data): void {
    this.#pending.push([channel, record]);
  }

  /**
   * Makes durable what was appended, with `reports`; returns the batch's number, or undefined when there was nothing. Throws
   * NoRoomError, and keeps what was appended for the next call.
   */
  commit(reports: readonly StepReport[]): number | undefined {
    if (this.#pending.length === 0) return undefined;
    const batch: Batch = { batch: this.#batch + 1, records: this.#pending, reports };
    this.#store(Buffer.from(`${JSON.stringify(batch)}\n`));
    this.#pending = [];
    this.#batch = batch.batch;
    return batch.batch;
  }

  /** Since the last call. */
  takeCounts(): { readonly storedBytes: number; readonly refused: number } {
    const counts = { storedBytes: this.#storedBytes, refused: this.#refused };
    this.#storedBytes = 0;
    this.#refused = 0;
    return counts;
  }

  #store(bytes: Buffer): void {
    try {
      if (this.full) throw new NoRoomError();
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
      fdatasyncSync(this.#descriptor);
    } catch (error) {
      if (!(error instanceof NoRoomError) && !NO_ROOM.has((error as NodeJS.ErrnoException).code)) throw error;
      this.#refused++;
      // What was written of it before the room ended.
      if (fstatSync(this.#descriptor).size > this.#length) ftruncateSync(this.#descriptor, this.#length);
      throw new NoRoomError();
    }
    this.#length += bytes.length;
    this.#storedBytes += bytes.length;
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
