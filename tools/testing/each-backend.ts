// Runs one suite on every backend that this machine has, and checks that no tensor is left behind.
import { releaseBackend, selectBackend } from '@medclipseg/nn/backends';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { findSoftwareGpu } from './software-gpu.ts';

export type TestBackend = 'cpu' | 'wasm' | 'webgpu';

const wanted = (process.env.MEDCLIPSEG_TEST_BACKENDS ?? 'cpu,wasm').split(',') as TestBackend[];

/**
 * Runs `suite` once per backend named in `MEDCLIPSEG_TEST_BACKENDS` (default `cpu,wasm`; `.ci/run` adds `webgpu`). Without a
 * Vulkan driver the webgpu suite is skipped; where `CI` is set it fails instead.
 */
export function eachBackend(title: string, suite: (backend: TestBackend) => void): void {
  for (const backend of wanted) {
    if (backend === 'webgpu' && !findSoftwareGpu()) {
      if (process.env.CI) throw new Error('webgpu: expected a Vulkan driver in CI, got none. Install chromium.');
      describe.skip(`${title} (webgpu: skipped, no Vulkan driver; install chromium or set VK_ICD_FILENAMES)`, () => {
        suite(backend);
      });
      continue;
    }
    describe(`${title} (${backend})`, () => {
      let before = 0;
      beforeAll(async () => {
        await selectBackend(backend);
      });
      beforeEach(() => {
        before = tf.memory().numTensors;
      });
      afterEach(() => {
        expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
      });
      afterAll(releaseBackend);
      suite(backend);
    });
  }
}
