import { disposeParameters, freeze, initialize } from '@medclipseg/nn';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { embedImage, type VisionConfig, type VisionParameters, visionSpec } from './index.ts';

const config: VisionConfig = {
  imageSize: 16,
  patch: 8,
  width: 12,
  layers: 1,
  heads: 2,
  mlpWidth: 24,
  outputs: 6,
  activation: 'quick-gelu',
  epsilon: 1e-5,
  patchBias: true,
  preNorm: true,
  dense: 'tokens',
  convolutions: [
    { width: 4, stride: 2 },
    { width: 6, stride: 1 },
    { width: 6, stride: 2 },
  ],
};

eachBackend('convolutional stem', () => {
  it('lets a token see pixels beyond its patch, and leaves the patch embedding what remains of the stride', async () => {
    const parameters = freeze(initialize(visionSpec(config), 1)) as unknown as VisionParameters;
    expect(parameters.patch.weight.shape).toEqual([2 * 2 * 6, 12]);
    // Images that differ in one pixel of the top row, just left of the border between two patches.
    const plain = tf.zeros([1, 16, 16, 3]);
    const spot = tf.tensor(
      Float32Array.from({ length: 16 * 16 * 3 }, (_, i) => (i === 7 * 3 ? 9 : 0)),
      [1, 16, 16, 3],
    );
    const difference = tf.tidy(() =>
      tf.max(tf.abs(tf.sub(embedImage(parameters, spot, config), embedImage(parameters, plain, config))), [0, 2]),
    );
    const [first, upperLeft, upperRight, , lowerRight] = [...(await difference.data())];
    expect(first).toBe(0);
    expect(upperLeft).toBeGreaterThan(1e-3);
    expect(upperRight).toBeGreaterThan(1e-6);
    expect(lowerRight).toBe(0);
    tf.dispose([plain, spot, difference]);
    disposeParameters(parameters);
  });
});
