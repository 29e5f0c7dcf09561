/** The history on disk: written in chunks that are synced, read back line by line without holding the file. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { UserError } from '../model/errors.ts';
import { HISTORY_FORMAT, HISTORY_VERSION, type HistoryLine } from '../model/history.ts';
import { lineProblem } from '../model/history-shape.ts';

const WRITE_CHUNK_CHARACTERS = 1 << 18;
/** Small enough that what a chunk is split into is gone before the garbage collector would have to move it. */
const READ_CHUNK_BYTES = 1 << 16;
const LINE_BREAK = 10;
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Hashes every line but the environment header. */
export class HistoryHash {
  readonly #hash: Hash = createHash('sha256');

  add(line: HistoryLine, text: string): void {
    if (line.type !== 'environment') this.#hash.update(`${text}\n`);
  }

  /** Whole lines as they stand in the file, the header not among them. */
  addBytes(lines: Uint8Array): void {
    this.#hash.update(lines);
  }

  /** 64 hexadecimal digits. */
  end(): string {
    return this.#hash.digest('hex');
  }
}

/** Appends lines to a new file. */
export class HistoryWriter {
  readonly #fd: number;
  readonly #hash = new HistoryHash();
  #pending: string[] = [];
  #size = 0;
  #failure: unknown;

  constructor(path: string) {
    this.#fd = openSync(path, 'wx');
  }

  /** Throws what an earlier write has failed with. */
  write(line: HistoryLine): void {
    if (this.#failure !== undefined) throw this.#failure;
    const text = JSON.stringify(line);
    this.#hash.add(line, text);
    this.#pending.push(text);
    this.#size += text.length;
    if (this.#size >= WRITE_CHUNK_CHARACTERS) this.flush();
  }

  /** Hands what is pending to the kernel and asks for it to reach the disk, without waiting. */
  flush(): void {
    this.#write();
    fsync(this.#fd, () => {});
  }

  /** After a failed write something is missing from the file: nothing may be added to it any more. */
  #write(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(`${this.#pending.join('\n')}\n`);
    this.#pending = [];
    this.#size = 0;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** Everything is on disk; returns the hash. */
  end(): string {
    this.#write();
    fsyncSync(this.#fd);
    closeSync(this.#fd);
    return this.#hash.end();
  }
}

export interface ReadOptions {
  /** Also take a history that was cut off: its last, broken line is left out. */
  readonly partial?: boolean;
}

/**
 * Hands every line of a stored history to `visit`, in order, and returns the history's hash. Throws UserError where it
 * is no history, of another version, or cut off.
 */
export function readHistory(path: string, visit: (line: HistoryLine) => void, options: ReadOptions = {}): string {
  const hash = new HistoryHash();
  let number = 0;
  let last: HistoryLine | undefined;
  read: for (const { texts, bytes, complete } of fileChunks(path)) {
    const isFirst = number === 0;
    for (const text of texts) {
      number++;
      const line = parseLine(text, number, path, complete, options);
      // Only the last line can be broken, and it is a chunk of its own.
      if (line === undefined) break read;
      if (last?.type === 'end')
        throw new UserError(`${path}:${number}: a line after the end`, text, 'use the history as it was written');
      visit(line);
      last = line;
    }
    // In chunks, because hashing a long history line by line takes as long as parsing it.
    hash.addBytes(isFirst ? bytes.subarray(bytes.indexOf(LINE_BREAK) + 1) : bytes);
  }
  if (number === 0) throw new UserError(`${path} is empty`, undefined, 'use the history.jsonl that a run has written');
  if (last?.type !== 'end' && options.partial !== true) {
    throw new UserError(
      `${path} was cut off after line ${number}: its last line is not the end of a run`,
      undefined,
      'run the plan again, or judge what is there with --partial',
    );
  }
  return hash.end();
}

function parseLine(
  text: string,
  number: number,
  path: string,
  complete: boolean,
  options: ReadOptions,
): HistoryLine | undefined {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    if (!complete && number > 1) {
      if (options.partial === true) return undefined;
      const mend = 'run the plan again, or judge what is there with --partial';
      throw new UserError(`${path} was cut off within line ${number}`, text, mend);
    }
    throw new UserError(`${path}:${number} is no JSON`, text, 'use the history.jsonl that a run has written');
  }
  if (number === 1) checkHeader(line, path);
  const problem = lineProblem(line) ?? (number > 1 && isHeader(line) ? 'it is a second header' : undefined);
  if (problem !== undefined) {
    const mend = 'use the history.jsonl that a run has written';
    throw new UserError(`${path}:${number} is no line of a history: ${problem}`, text, mend);
  }
  return line as HistoryLine;
}

function isHeader(line: unknown): boolean {
  return (line as HistoryLine).type === 'environment';
}

function checkHeader(line: unknown, path: string): void {
  const header = (typeof line === 'object' && line !== null ? line : {}) as Record<string, unknown>;
  if (header.type !== 'environment' || header.format !== HISTORY_FORMAT) {
    const given = JSON.stringify(line);
    throw new UserError(`${path} is no hearsay history`, given, 'use the history.jsonl that a run has written');
  }
  if (header.version !== HISTORY_VERSION) {
    throw new UserError(
      `${path} has a version of the history format that this hearsay does not read`,
      String(header.version),
      `this one reads version ${HISTORY_VERSION}: use the hearsay that wrote it`,
    );
  }
}

interface Chunk {
  readonly texts: readonly string[];
  /** The same lines, each with a line break behind it. */
  readonly bytes: Uint8Array;
  /** False for a last line that has no line break. */
  readonly complete: boolean;
}

/** The file in chunks of whole lines. Constant memory. */
function* fileChunks(path: string): Generator<Chunk> {
  const fd = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(READ_CHUNK_BYTES);
    /** A line whose end has not been read yet. */
    let begun: Buffer[] = [];
    let begunBytes = 0;
    for (;;) {
      const size = readSync(fd, chunk, 0, chunk.length, null);
      if (size === 0) break;
      const end = chunk.subarray(0, size).lastIndexOf(LINE_BREAK) + 1;
      if (end > 0) {
        const bytes = Buffer.concat([...begun, chunk.subarray(0, end)]);
        yield { texts: bytes.toString('utf8', 0, bytes.length - 1).split('\n'), bytes, complete: true };
        begun = [];
        begunBytes = 0;
      }
      begun.push(Buffer.from(chunk.subarray(end, size)));
      begunBytes += size - end;
      if (begunBytes > MAX_LINE_BYTES) {
        const mend = 'use a history as it was written';
        throw new UserError(`${path} has a line over ${MAX_LINE_BYTES} bytes`, undefined, mend);
      }
    }
    const bytes = Buffer.concat([...begun, Buffer.from([LINE_BREAK])]);
    if (begunBytes > 0) yield { texts: [bytes.toString('utf8', 0, begunBytes)], bytes, complete: false };
  } finally {
    closeSync(fd);
  }
}
