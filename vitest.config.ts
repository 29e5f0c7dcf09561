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

/** Tests of functions alone: they change nothing that others see, so many files share a process and what it has loaded. */
const PURE = [
  'impl',
  'workloads',
  'harness/model',
  'harness/plan',
  'harness/run',
  'harness/slo',
  'reports/sections',
].map((folder) => `${folder}/**/*.test.ts`);
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
        test: { name: 'each alone', include: ['**/*.test.ts'], exclude: [...ELSEWHERE, ...PURE] },
      },
      { extends: true, test: { name: 'pure', include: PURE, exclude: ELSEWHERE, isolate: false } },
    ],
  },
});
