import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepReport } from './control.ts';
import { Journal, NoRoomError } from './journal.ts';

const told = (id: number): StepReport => ({ type: 'reply', time: id, id, outcome: { type: 'ok' } });

describe('Journal', () => {
  let file = '';
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'hearsay-journal-'));
    file = join(directory, 'deep', 'n1.1.jsonl');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('hands back what was committed, by channel, in order, and nothing that was not', () => {
    const journal = new Journal(file, false);
    expect(journal.restored).toBeUndefined();
    expect(journal.last).toBeUndefined();
    journal.append('a', { x: 1 });
    journal.append('b', 'two\nlines');
    journal.append('a', [2]);
    expect(journal.commit([])).toBe(1);
    journal.append('a', 'never committed');
    journal.close();
    const again = new Journal(file, true);
    expect([...(again.restored ?? [])]).toEqual([
      ['a', [{ x: 1 }, [2]]],
      ['b', ['two\nlines']],
    ]);
    again.close();
  });

  it('drops a last batch that was cut off, with all its records, and goes on behind the whole ones', () => {
    appendFileSync(file, '{"batch":2,"records":[["a","whole"],["a",{"cut');
    const journal = new Journal(file, true);
    expect(journal.restored?.get('a')).toHaveLength(2);
    journal.append('a', 3);
    expect(journal.commit([])).toBe(2);
    journal.close();
    const again = new Journal(file, true);
    expect(again.restored?.get('a')).toEqual([{ x: 1 }, [2], 3]);
    again.close();
    expect(readFileSync(file, 'utf8')).not.toContain('cut');
  });

  it('keeps the reports of the last batch, and numbers the batches of a life over all its boots', () => {
    const journal = new Journal(file, true);
    expect(journal.last).toEqual({ batch: 2, reports: [] });
    // Without a record nothing has changed that would outlive the process.
    expect(journal.commit([told(1)])).toBeUndefined();
    for (const batch of [3, 4]) {
      journal.append('a', batch);
      expect(journal.commit([told(batch), told(10 * batch)])).toBe(batch);
    }
    journal.close();
    const again = new Journal(file, true);
    expect(again.last).toEqual({ batch: 4, reports: [told(4), told(40)] });
    again.close();
  });

  it('keeps back what it has no room for, leaves nothing of it, and stores it in one batch when there is', () => {
    const journal = new Journal(file, false);
    journal.append('a', 1);
    journal.commit([]);
    const before = readFileSync(file, 'utf8');
    journal.full = true;
    journal.append('a', 2);
    expect(() => journal.commit([told(2)])).toThrow(NoRoomError);
    journal.append('b', 3);
    expect(() => journal.commit([told(2), told(3)])).toThrow(NoRoomError);
    // What persists nothing needs no room, but there is something that waits.
    expect(() => journal.commit([])).toThrow(NoRoomError);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(journal.takeCounts()).toEqual({ storedBytes: before.length, refused: 3 });
    journal.full = false;
    expect(journal.commit([told(2), told(3)])).toBe(2);
    expect(journal.takeCounts()).toMatchObject({ refused: 0 });
    journal.close();
    const again = new Journal(file, true);
    expect([...(again.restored ?? [])]).toEqual([
      ['a', [1, 2]],
      ['b', [3]],
    ]);
    expect(again.last).toEqual({ batch: 2, reports: [told(2), told(3)] });
    again.close();
  });

  it('starts empty for a new life', () => {
    new Journal(file, false).close();
    const journal = new Journal(file, true);
    expect(journal.restored?.size).toBe(0);
    expect(journal.last).toBeUndefined();
    journal.append('a', 1);
    expect(journal.commit([])).toBe(1);
    journal.close();
  });
});
