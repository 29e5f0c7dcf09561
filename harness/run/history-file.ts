/** The history on disk: written in chunks that are synced, read back line by line without holding the file. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { UserError } from '../model/errors.ts';
import { HISTORY_FORMAT, HISTORY_VERSION, type HistoryLine, type LineType } from '../model/history.ts';

const WRITE_CHUNK_CHARACTERS = 1 << 18;
const READ_CHUNK_BYTES = 1 << 22;
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Hashes every line but the environment header. */
export class HistoryHash {
  readonly #hash: Hash = createHash('sha256');

  add(line: HistoryLine, text: string): void {
    if (line.type !== 'environment') this.#hash.update(`${text}\n`);
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

  constructor(path: string) {
    this.#fd = openSync(path, 'wx');
  }

  write(line: HistoryLine): void {
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

  #write(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(`${this.#pending.join('\n')}\n`);
    this.#pending = [];
    this.#size = 0;
    let at = 0;
    while (at < bytes.length) at += writeSync(this.#fd, bytes, at);
  }

  /** Everything is on disk; returns the hash. */
  end(): string {
    this.#write();
    fsyncSync(this.#fd);
    closeSync(this.#fd);
    return this.#hash.end();
  }
}

const LINE_TYPES: ReadonlySet<string> = new Set<LineType>([
  'environment',
  'invoke',
  'ok',
  'fail',
  'info',
  'observe',
  'fault',
  'member',
  'phase',
  'traffic',
  'links',
  'epoch',
  'view',
  'end',
]);

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
  for (const { text, complete } of fileLines(path)) {
    number++;
    const line = parseLine(text, number, path, complete, options);
    if (line === undefined) break;
    if (last?.type === 'end')
      throw new UserError(`${path}:${number}: a line after the end`, text, 'use the history as it was written');
    hash.add(line, text);
    visit(line);
    last = line;
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
  if (!isLine(line)) {
    throw new UserError(`${path}:${number} is no line of a history`, text, 'each needs a known type and a time in ns');
  }
  return line;
}

function isLine(line: unknown): line is HistoryLine {
  if (typeof line !== 'object' || line === null || !('type' in line) || !LINE_TYPES.has(String(line.type)))
    return false;
  if (line.type === 'environment') return true;
  return 'time' in line && typeof line.time === 'number' && Number.isFinite(line.time) && line.time >= 0;
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

/** Lines of a file; `complete` says that a line break follows. Constant memory. */
function* fileLines(path: string): Generator<{ text: string; complete: boolean }> {
  const fd = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(READ_CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    for (;;) {
      const size = readSync(fd, chunk, 0, chunk.length, null);
      if (size === 0) break;
      const bytes = rest.length === 0 ? chunk.subarray(0, size) : Buffer.concat([rest, chunk.subarray(0, size)]);
      const end = bytes.lastIndexOf(10);
      if (end < 0) {
        rest = Buffer.from(bytes);
        if (rest.length > MAX_LINE_BYTES) {
          throw new UserError(
            `${path} has a line over ${MAX_LINE_BYTES} bytes`,
            undefined,
            'use a history as it was written',
          );
        }
        continue;
      }
      for (const text of bytes.toString('utf8', 0, end).split('\n')) yield { text, complete: true };
      rest = Buffer.from(bytes.subarray(end + 1));
    }
    if (rest.length > 0) yield { text: rest.toString('utf8'), complete: false };
  } finally {
    closeSync(fd);
  }
}
