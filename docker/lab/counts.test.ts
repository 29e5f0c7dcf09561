import { describe, expect, it } from 'vitest';
import { countTests } from './counts.ts';

const file = (status: string, ...tests: [string, string][]): unknown => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map(([fullName, given]) => ({ fullName, status: given })),
});

describe("counting vitest's report", () => {
  it('counts what passed and failed, and names what was left out', () => {
    const testResults = [
      file('passed', ['a', 'passed'], ['b', 'skipped'], ['c', 'pending']),
      file('failed', ['d', 'failed']),
    ];
    expect(countTests(JSON.stringify({ testResults }))).toEqual({ passed: 1, failed: 1, skipped: ['b', 'c'] });
  });

  it('takes a file that could not be loaded for a failure', () => {
    expect(countTests(JSON.stringify({ testResults: [file('failed')] }))).toEqual({
      passed: 0,
      failed: 1,
      skipped: [],
    });
  });
});
