import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HISTORY_FORMAT, HISTORY_VERSION, type HistoryLine } from '../model/history.ts';
import { HistoryHash, HistoryWriter, readHistory } from './history-file.ts';

const header = (startedAt: string): HistoryLine => ({
  type: 'environment',
  format: HISTORY_FORMAT,
  version: HISTORY_VERSION,
  cluster: 'sim',
  hearsay: '0',
  node: 'v20',
  platform: 'p',
  machine: 'm',
  startedAt,
});

const delivery = (time: number, value: string): HistoryLine => ({
  type: 'observe',
  time,
  member: 'n1',
  life: 1,
  channel: 'rumor',
  kind: 'deliver',
  origin: 'n2',
  originLife: 1,
  sequence: time,
  value,
});

/** Lines of all lengths, one of them longer than several chunks, with characters of two and three bytes. */
const LINES: readonly HistoryLine[] = [
  header('2026'),
  { type: 'phase', time: 0, phase: 'load' },
  ...Array.from({ length: 3000 }, (_, time) => delivery(time, 'ä€'.repeat(time % 97))),
  delivery(3000, '€'.repeat(100_000)),
  delivery(3001, ''),
  { type: 'end', time: 3002, outcome: 'completed' },
];

describe('a history on disk', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hearsay-history-'));
    path = join(directory, 'history.jsonl');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const write = (lines: readonly HistoryLine[]): string => {
    const writer = new HistoryWriter(path);
    for (const line of lines) writer.write(line);
    return writer.end();
  };
  const read = (partial = false): { lines: HistoryLine[]; hash: string } => {
    const lines: HistoryLine[] = [];
    const hash = readHistory(path, (line) => lines.push(line), { partial });
    return { lines, hash };
  };

  it('is read as it was written, with the same hash', () => {
    const written = write(LINES);
    expect(read()).toEqual({ lines: LINES, hash: written });
  });

  it('has a hash that leaves out the header and nothing else', () => {
    const hashOf = (lines: readonly HistoryLine[]): string => {
      const hash = new HistoryHash();
      for (const line of lines) hash.add(line, JSON.stringify(line));
      return hash.end();
    };
    write([header('2027'), ...LINES.slice(1)]);
    expect(read().hash).toBe(hashOf(LINES));
    writeFileSync(path, readFileSync(path, 'utf8').replace('"time":3001', '"time":3000'));
    expect(read().hash).not.toBe(hashOf(LINES));
  });

  it('is refused where it was cut off, and on request read up to there', () => {
    write(LINES.slice(0, 1000));
    expect(() => read()).toThrow('was cut off after line 1000');
    const whole = read(true);
    expect(whole.lines).toEqual(LINES.slice(0, 1000));
    appendFileSync(path, '{"type":"obs');
    expect(() => read()).toThrow('was cut off within line 1001');
    expect(read(true)).toEqual(whole);
  });

  it('needs no line break behind its last line', () => {
    const written = write(LINES);
    writeFileSync(path, readFileSync(path, 'utf8').trimEnd());
    expect(read()).toEqual({ lines: LINES, hash: written });
  });

  it('ends with its end', () => {
    write([...LINES, delivery(4000, '')]);
    expect(() => read()).toThrow('a line after the end');
  });
});
