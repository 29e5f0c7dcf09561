import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that wait for processes or run many plans first, however short they are: the last one must not be one of them. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => /\/harness\/(proof|clusters|search)\//.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/**
 * Tests that start processes, listen, or change what others of their process would see. All others are of functions alone:
 * many files share a process, with what it has loaded and compiled.
 */
const ALONE = [
  'docker/**/*.test.ts',
  'harness/cli/**/*.test.ts',
  'harness/clusters/**/*.test.ts',
  'harness/node/**/*.test.ts',
  'harness/proof/{drawn-determinism,every-protocol,two-clusters}.test.ts',
  'nemesis/linux/**/*.test.ts',
  'reports/**/*.browser.test.ts',
];
// What takes this machine's kernel or a container engine is `npm run test:kernel`; what takes netem, `npm run lab`.
const ELSEWHERE = ['**/node_modules/**', '**/dist/**', '**/runs/**', '**/*.kernel.test.ts', '**/*.lab.test.ts'];

export default defineConfig({
  test: {
    // Members run compiled.
    globalSetup: ['./harness/clusters/real/build-dist.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: { name: 'each alone', include: ALONE, exclude: ELSEWHERE },
      },
      {
        extends: true,
        test: { name: 'pure', include: ['**/*.test.ts'], exclude: [...ELSEWHERE, ...ALONE], isolate: false },
      },
    ],
  },
});
