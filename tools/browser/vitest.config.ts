// The packages' own suites and those of this folder, in Debian's Chromium, headless, with WebGPU in software.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
const chromium = process.env.MEDCLIPSEG_CHROMIUM ?? '/usr/bin/chromium';
const found = existsSync(chromium);
if (!found && process.env.CI)
  throw new Error(`browser tests: expected Chromium in CI at ${chromium}, got none. Install chromium.`);

// The golden images, where they are: the page fetches them from the test server.
const shared = process.env.MEDCLIPSEG_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));

const webGpuInSoftware = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-webgpu-adapter=swiftshader',
  '--enable-unsafe-swiftshader',
];

const inBrowser = {
  include: [
    'tools/browser/src/**/*.browser.test.ts',
    'packages/nn/src/operations.test.ts',
    'packages/pvl-attention/src/adapter.test.ts',
    'packages/losses/src/losses.test.ts',
    'packages/clip-encoders/src/towers.test.ts',
    'packages/datasets/src/images/raster.test.ts',
    'packages/datasets/src/images/same-pixels.test.ts',
  ],
  browser: {
    enabled: true,
    headless: true,
    provider: playwright({ launchOptions: { executablePath: chromium, args: webGpuInSoftware } }),
    instances: [{ browser: 'chromium' as const }],
    screenshotFailures: false,
  },
};

export default defineConfig({
  root,
  resolve: {
    conditions: ['@medclipseg/source', 'module', 'browser', 'import', 'default'],
    alias: { '@medclipseg/testing': fileURLToPath(new URL('../testing/browser.ts', import.meta.url)) },
  },
  server: { fs: { allow: [root, shared, tmpdir()] } },
  test: {
    globalSetup: found ? [fileURLToPath(new URL('./src/exported.ts', import.meta.url))] : [],
    provide: {
      fixtures: `${root}packages/weights/fixtures`,
      golden: existsSync(`${shared}/golden`) ? `${shared}/golden` : undefined,
    },
    testTimeout: 900_000,
    hookTimeout: 900_000,
    fileParallelism: false,
    ...(found ? inBrowser : { include: ['tools/browser/src/no-browser.test.ts'] }),
  },
});
