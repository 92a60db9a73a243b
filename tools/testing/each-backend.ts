// Runs one suite on every backend that this machine has.
import { describe } from 'vitest';
import { findSoftwareGpu } from './software-gpu.ts';
import { type EachBackend, suiteOn, type TestBackend } from './suite-on.ts';

const wanted = (process.env.MEDCLIPSEG_TEST_BACKENDS ?? 'cpu,wasm').split(',') as TestBackend[];

/**
 * Runs `suite` once per backend named in `MEDCLIPSEG_TEST_BACKENDS` (default `cpu,wasm`; `.ci/run` adds `webgpu`). Without a
 * Vulkan driver the webgpu suite is skipped; where `CI` is set it fails instead.
 */
export const eachBackend: EachBackend = (title, suite) => {
  for (const backend of wanted) {
    if (backend !== 'webgpu' || findSoftwareGpu()) {
      suiteOn(title, backend, suite);
      continue;
    }
    if (process.env.CI) throw new Error('webgpu: expected a Vulkan driver in CI, got none. Install chromium.');
    describe.skip(`${title} (webgpu: skipped, no Vulkan driver; install chromium or set VK_ICD_FILENAMES)`, () => {
      suite(backend);
    });
  }
};
