// Noise that another program has drawn, to compare with its results.
import * as tf from '@tensorflow/tfjs-core';
import { ShapeError } from '../errors.ts';
import type { Noise } from '../noise.ts';

/**
 * The given tensors, in the order in which one forward pass asks for noise. A site that asks again gets the same tensor again, so that
 * recomputed blocks see the noise of the forward pass. The caller keeps ownership of the tensors.
 */
export function replayedNoise(tensors: readonly tf.Tensor[]): Noise {
  const draws = new Map<string, number>();
  return {
    draw({ adapter, direction }, shape) {
      const site = `${adapter}.${direction}`;
      const index = draws.get(site) ?? draws.size;
      draws.set(site, index);
      const tensor = tensors[index];
      if (!tensor || `${tensor.shape}` !== `${shape}`)
        throw new ShapeError(
          'replayed noise',
          `[${shape}] at draw ${index + 1}`,
          tensor ? `[${tensor.shape}]` : 'none',
        );
      return tf.clone(tensor);
    },
  };
}
