import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts', '**/*.test.tsx'],
    exclude: ['**/node_modules/**', 'dist/**'],
    testTimeout: 30_000,
    maxWorkers: 2,
    reporters: ['default', './test-count.reporter.ts'],
  },
});
