// Run after a build: npm run test:packed.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ['packed/**/*.test.ts'],
    globalSetup: 'packed/setup.ts',
    testTimeout: 900_000,
    hookTimeout: 900_000,
    fileParallelism: false,
    maxConcurrency: 2,
  },
});
