import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    // The real model takes both cores; tests of it run apart and one after the other (scripts/test.mjs).
    exclude: [
      ...(process.env.HYDE_REAL ? [] : ['test/real/**']),
      // Clusters are started in a network namespace of their own (scripts/test-cluster.mjs).
      ...(process.env.HYDE_CLUSTER ? [] : ['test/cluster/**']),
    ],
    fileParallelism: !process.env.HYDE_REAL,
  },
});
