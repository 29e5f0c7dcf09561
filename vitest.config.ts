import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    // What takes this machine's kernel or a container engine is `npm run test:kernel`; what takes netem, `npm run lab`.
    exclude: ['**/node_modules/**', '**/dist/**', '**/runs/**', '**/*.kernel.test.ts', '**/*.lab.test.ts'],
    // Members run compiled.
    globalSetup: ['./harness/clusters/real/build-dist.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
