// Pure parts in Node; the built page in Chromium.
import { defineConfig } from 'vitest/config';

const conditions = ['@medclipseg/source', 'module', 'import', 'default'];

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: [...conditions, 'node'] },
  ssr: { resolve: { conditions: [...conditions, 'node'] } },
  test: {
    include: ['src/**/*.test.ts', 'e2e/**/*.test.ts'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // A busy machine may take seconds for what a page shows at once.
    expect: { poll: { timeout: 30_000 } },
    // Browsers compute on every core by themselves.
    fileParallelism: false,
    server: { deps: { inline: [/@medclipseg\//, /packages\//] } },
  },
});
