// The one test recipe: packages import each other by name, from source, without a build.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['@medclipseg/source', 'module', 'import', 'default'];

export const packageTests = (root: string) =>
  defineConfig({
    root,
    resolve: {
      conditions: [...conditions, 'node'],
      // The longer name first: each is a prefix of what it replaces.
      alias: {
        '@medclipseg/testing/hub': fileURLToPath(new URL('./tools/testing/hub.ts', import.meta.url)),
        '@medclipseg/testing/released': fileURLToPath(new URL('./tools/testing/released.ts', import.meta.url)),
        '@medclipseg/testing/toy-experiments': fileURLToPath(
          new URL('./tools/testing/toy-experiments.ts', import.meta.url),
        ),
        '@medclipseg/testing': fileURLToPath(new URL('./tools/testing/index.ts', import.meta.url)),
      },
    },
    ssr: { resolve: { conditions: [...conditions, 'node'] } },
    test: {
      include: ['src/**/*.test.ts'],
      testTimeout: 900_000,
      hookTimeout: 900_000,
      server: { deps: { inline: [/@medclipseg\//, /packages\//] } },
    },
  });
