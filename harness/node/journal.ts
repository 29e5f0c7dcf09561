/**
 * The records of one life on disk: JSON lines, appended and forced to the disk before any datagram of their step leaves.
 * A cut-off last line was never forced, so nothing that it says has left the member, and it is dropped.
 */
import { closeSync, fdatasyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Data } from '../../impl/protocol.ts';

export class Journal {
  readonly #descriptor: number;
  #pending: string[] = [];
  /** What earlier boots left, by channel, in order; undefined where nothing was to be restored. */
  readonly restored: ReadonlyMap<string, readonly Data[]> | undefined;

  /** Without `restore`, whatever stood in the file is gone. */
  constructor(file: string, restore: boolean) {
    mkdirSync(dirname(file), { recursive: true });
    this.#descriptor = openSync(file, restore ? 'a+' : 'w');
    if (!restore) return;
    const bytes = readFileSync(file);
    const { records, length } = readRecords(bytes);
    if (length < bytes.length) ftruncateSync(this.#descriptor, length);
    this.restored = records;
  }

  append(channel: string, record: Data): void {
    this.#pending.push(JSON.stringify([channel, record]));
  }

  commit(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(`${this.#pending.join('\n')}\n`);
    this.#pending = [];
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    fdatasyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The records of whole lines, and the number of bytes up to the last of them that can be read. */
function readRecords(bytes: Buffer): { records: Map<string, Data[]>; length: number } {
  const records = new Map<string, Data[]>();
  let length = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, length)) {
    let line: unknown;
    try {
      line = JSON.parse(bytes.toString('utf8', length, end));
    } catch {
      break;
    }
    const [channel, record] = line as [string, Data];
    const list = records.get(channel);
    if (list === undefined) records.set(channel, [record]);
    else list.push(record);
    length = end + 1;
  }
  return { records, length };
}
