import { defineConfig } from 'vitest/config';

/** Tests of faults in the kernel, of namespaces and containers: what this machine cannot do says SKIPPED, and why. */
export default defineConfig({
  test: {
    include: ['**/*.kernel.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/runs/**'],
    // Members run compiled.
    globalSetup: ['./harness/clusters/real/build-dist.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
