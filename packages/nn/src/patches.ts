// Patch embedding and the 2x2 transposed convolution, as matrix products.
import * as tf from '@tensorflow/tfjs-core';
import { expectCount, expectShape, ShapeError } from './errors.ts';
import { type LinearParameters, linear } from './linear.ts';
import { type ParameterSpec, uniform } from './parameters.ts';

/**
 * Convolution whose stride is its kernel: every patch is one row of a matrix product.
 *
 * @param image [B, H, W, C] with H and W multiples of `patch`
 * @param parameters weight [patch·patch·C, D], rows in the order (row, column, channel)
 * @returns [B, H/patch, W/patch, D]
 */
export function patchEmbedding(image: tf.Tensor, parameters: LinearParameters, patch: number): tf.Tensor {
  expectShape('patch embedding', image, ['B', 'H', 'W', 'C']);
  expectCount('patch size', patch);
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  if (height % patch || width % patch)
    throw new ShapeError('patch embedding', `height and width divisible by ${patch}`, `${height}x${width}`);
  const [h, w] = [height / patch, width / patch];
  const blocks = tf.transpose(tf.reshape(image, [batch, h, patch, w, patch, channels]), [0, 1, 3, 2, 4, 5]);
  return linear(tf.reshape(blocks, [batch, h, w, patch * patch * channels]), parameters);
}

/** `weight` [in, 4·out], columns in the order (row, column, channel); `bias` [out]. */
export interface UpConvolutionParameters {
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor;
}

/** PyTorch's default for `ConvTranspose2d(in, out, 2, 2)`: its fan-in counts out·2·2. */
export const upConvolutionSpec = (inputs: number, outputs: number): { weight: ParameterSpec; bias: ParameterSpec } => {
  const init = uniform(1 / Math.sqrt(outputs * 4));
  return { weight: { shape: [inputs, 4 * outputs], init }, bias: { shape: [outputs], init } };
};

/**
 * Transposed convolution 2x2 with stride 2: windows do not overlap, so it is one matrix product and a pixel shuffle
 * (`tf.depthToSpace` has no gradient).
 *
 * @param x [B, H, W, in]
 * @returns [B, 2H, 2W, out]
 */
export function upConvolution(x: tf.Tensor, { weight, bias }: UpConvolutionParameters): tf.Tensor {
  expectShape('up convolution', x, ['B', 'H', 'W', 'C']);
  expectShape('up convolution bias', bias, ['out']);
  expectShape('up convolution weight', weight, [x.shape[3] as number, 4 * (bias.shape[0] as number)]);
  const [batch, height, width] = x.shape as [number, number, number];
  const outputs = bias.shape[0] as number;
  const spread = linear(x, { weight, bias: tf.tile(bias, [4]) }); // [B, H, W, 4·out]
  const shuffled = tf.transpose(tf.reshape(spread, [batch, height, width, 2, 2, outputs]), [0, 1, 3, 2, 4, 5]);
  return tf.reshape(shuffled, [batch, 2 * height, 2 * width, outputs]);
}
