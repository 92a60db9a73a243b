// Attention across the images of a batch against its definition, place by place.
import { attentionSpec, disposeParameters, freeze, initialize, selfAttention } from '@medclipseg/nn';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { acrossImages } from './across-images.ts';

const WIDTH = 6;
const HEADS = 2;

eachBackend('attention across images', () => {
  it('is self-attention over the tokens of one place and one sample', async () => {
    const small = fc.integer({ min: 1, max: 3 });
    const attention = freeze(initialize(attentionSpec(WIDTH), 1));
    await fc.assert(
      fc.asyncProperty(small, small, small, fc.nat(99), async (samples, images, places, seed) => {
        const [actual, expected] = tf.tidy(() => {
          const x = tf.randomNormal([samples * images, places, WIDTH], 0, 1, 'float32', seed + 1);
          const out = acrossImages(x, attention, { heads: HEADS, samples });
          const pick = (t: tf.Tensor, sample: number, place: number) =>
            tf.reshape(tf.slice(t, [sample * images, place, 0], [images, 1, WIDTH]), [1, images, WIDTH]);
          const cells = Array.from(
            { length: samples * places },
            (_, i) => [i % samples, Math.floor(i / samples)] as const,
          );
          return [
            tf.concat(cells.map(([sample, place]) => pick(out, sample, place))),
            tf.concat(
              cells.map(([sample, place]) => selfAttention(pick(x, sample, place), attention, { heads: HEADS })),
            ),
          ];
        }) as [tf.Tensor, tf.Tensor];
        const values = await actual.data();
        for (const [i, v] of (await expected.data()).entries()) expect(values[i]).toBeCloseTo(v, 5);
        tf.dispose([actual, expected]);
      }),
      { numRuns: 10 },
    );
    disposeParameters(attention as never);
  });
});
