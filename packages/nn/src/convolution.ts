// 3x3 convolution with zero padding of one pixel on every side.
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { expectCount, expectShape } from './errors.ts';
import { productOverRows, sumRows } from './linear.ts';
import { type ParameterSpec, uniform } from './parameters.ts';

/** `weight` [3, 3, in, out], `bias` [out]. */
export interface ConvolutionParameters {
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor;
}

/** PyTorch's default: uniform in ±1/√(9·in). */
export const convolutionSpec = (inputs: number, outputs: number): { weight: ParameterSpec; bias: ParameterSpec } => {
  const init = uniform(1 / Math.sqrt(9 * inputs));
  return { weight: { shape: [3, 3, inputs, outputs], init }, bias: { shape: [outputs], init } };
};

// Explicit: with a stride of two, 'same' would pad on the bottom and right only.
const PADDING: [[number, number], [number, number], [number, number], [number, number]] = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
];

type Shape4 = [number, number, number, number];

/** Gradient of the weight, one product for each of its nine taps: wasm has no kernel for it. */
function weightGradient(x: tf.Tensor, dy: tf.Tensor, stride: number): tf.Tensor {
  const [batch, height, width, outputs] = dy.shape as Shape4;
  const channels = x.shape[3] as number;
  const padded = tf.pad(x, PADDING);
  const rows = tf.reshape(dy, [-1, outputs]);
  const taps = Array.from({ length: 9 }, (_, tap) => {
    const [top, left] = [Math.floor(tap / 3), tap % 3];
    const end = [batch, top + stride * (height - 1) + 1, left + stride * (width - 1) + 1, channels];
    const seen = tf.stridedSlice(padded, [0, top, left, 0], end, [1, stride, stride, 1]);
    return productOverRows(tf.reshape(seen, [-1, channels]), rows); // [in, out]
  });
  return tf.reshape(tf.stack(taps), [3, 3, channels, outputs]);
}

/** Gradient of the input. Native TensorFlow has none for explicit padding: there, that of the padded input is computed and cut. */
function inputGradient(x: tf.Tensor, weight: tf.Tensor4D, dy: tf.Tensor4D, stride: number): tf.Tensor {
  const [batch, height, width, channels] = x.shape as Shape4;
  if (tf.getBackend() !== 'tensorflow') return tf.conv2dTranspose(dy, weight, x.shape as Shape4, stride, PADDING);
  const padded = tf.conv2dTranspose(dy, weight, [batch, height + 2, width + 2, channels], stride, 'valid');
  return tf.slice(padded, [0, 1, 1, 0], [batch, height, width, channels]);
}

/**
 * As `torch.nn.Conv2d(in, out, 3, stride, padding=1)`.
 *
 * @param x [B, H, W, in]
 * @returns [B, ⌈H/stride⌉, ⌈W/stride⌉, out]
 */
export function convolution(x: tf.Tensor, { weight, bias }: ConvolutionParameters, stride = 1): tf.Tensor {
  expectShape('convolution', x, ['B', 'H', 'W', 'C']);
  const outputs = weight.shape[3] ?? 0;
  expectShape('convolution weight', weight, [3, 3, x.shape[3] as number, outputs]);
  expectShape('convolution bias', bias, [outputs]);
  expectCount('convolution stride', stride);
  return differentiable(
    { x, weight, bias },
    (save) => {
      save(x, weight);
      return tf.add(tf.conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, stride, PADDING), bias);
    },
    (dy, [x, weight]) => ({
      x: () => inputGradient(x as tf.Tensor, weight as tf.Tensor4D, dy as tf.Tensor4D, stride),
      weight: () => weightGradient(x as tf.Tensor, dy, stride),
      bias: () => sumRows(tf.reshape(dy, [-1, dy.shape[3] as number])),
    }),
  );
}
