/** What vitest's JSON report counts. */

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Each test that was left out, by its whole name. */
  readonly skipped: readonly string[];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export function countTests(json: string): Counts {
  const { testResults } = JSON.parse(json) as Report;
  const tests = testResults.flatMap((file) => file.assertionResults);
  const of = (...statuses: string[]): number => tests.filter(({ status }) => statuses.includes(status)).length;
  // A file that cannot even be loaded has no tests, and has failed.
  const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  return {
    passed: of('passed'),
    failed: of('failed') + broken,
    skipped: tests.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ fullName }) => fullName),
  };
}
