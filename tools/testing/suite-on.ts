// One suite on one backend, with a check that no tensor is left behind.
import { type BackendName, releaseBackend, type SelectOptions, selectBackend } from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';

export type TestBackend = Extract<BackendName, 'cpu' | 'wasm' | 'webgpu' | 'node'>;

export type Suite = (backend: TestBackend) => void;

/** Each-backend functions have this form, in Node and in the browser. */
export type EachBackend = (title: string, suite: Suite) => void;

export function suiteOn(title: string, backend: TestBackend, suite: Suite, options?: SelectOptions): void {
  describe(`${title} (${backend})`, () => {
    let before = 0;
    beforeAll(async () => {
      await selectBackend(backend, options);
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
