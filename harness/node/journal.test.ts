import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Journal } from './journal.ts';

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
    journal.append('a', { x: 1 });
    journal.append('b', 'two\nlines');
    journal.append('a', [2]);
    journal.commit();
    journal.append('a', 'never committed');
    journal.close();
    const again = new Journal(file, true);
    expect([...(again.restored ?? [])]).toEqual([
      ['a', [{ x: 1 }, [2]]],
      ['b', ['two\nlines']],
    ]);
    again.close();
  });

  it('drops a last line that was cut off, and goes on behind the whole ones', () => {
    appendFileSync(file, '["a",{"cut');
    const journal = new Journal(file, true);
    expect(journal.restored?.get('a')).toHaveLength(2);
    journal.append('a', 3);
    journal.commit();
    journal.close();
    const again = new Journal(file, true);
    expect(again.restored?.get('a')).toEqual([{ x: 1 }, [2], 3]);
    again.close();
    expect(readFileSync(file, 'utf8')).not.toContain('cut');
  });

  it('starts empty for a new life', () => {
    new Journal(file, false).close();
    const journal = new Journal(file, true);
    expect(journal.restored?.size).toBe(0);
    journal.close();
  });
});
