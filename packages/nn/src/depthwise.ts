// Depthwise 3x3 convolution, stride 1, zero padding.
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { type ParameterSpec, uniform } from './parameters.ts';

/** `weight` [3, 3, C, 1]. */
export interface DepthwiseParameters {
  readonly weight: tf.Tensor;
}

/** PyTorch's default for a depthwise 3x3 convolution: uniform in ±1/3. */
export const depthwiseSpec = (channels: number): { weight: ParameterSpec } => ({
  weight: { shape: [3, 3, channels, 1], init: uniform(1 / 3) },
});

const convolve = (x: tf.Tensor, weight: tf.Tensor) =>
  tf.depthwiseConv2d(x as tf.Tensor4D, weight as tf.Tensor4D, 1, 'same');

/**
 * Gradient of the weight as one depthwise convolution with the cotangent as a big kernel, since wasm lacks the native kernel and the cpu
 * backend's is six times slower: the batch joins the channels, and the image, padded by one, is swept by dy at nine offsets.
 */
function weightGradient(x: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const backend = tf.getBackend();
  if (backend !== 'cpu' && tf.getKernel('DepthwiseConv2dNativeBackpropFilter', backend)) {
    const attributes = { strides: [1, 1], dilations: [1, 1], pad: 'same', filterShape: [3, 3, channels, 1] };
    return tf.engine().runKernel('DepthwiseConv2dNativeBackpropFilter', { x, dy }, attributes);
  }
  const beside = (t: tf.Tensor) => tf.reshape(tf.transpose(t, [1, 2, 0, 3]), [height, width, batch * channels]);
  const image = tf.expandDims(
    tf.pad(beside(x), [
      [1, 1],
      [1, 1],
      [0, 0],
    ]),
    0,
  ); // [1, H+2, W+2, B·C]
  const kernel = tf.expandDims(beside(dy), 3); // [H, W, B·C, 1]
  const products = tf.depthwiseConv2d(image as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'valid'); // [1, 3, 3, B·C]
  return tf.expandDims(tf.sum(tf.reshape(products, [3, 3, batch, channels]), 2), 3);
}

/** Each channel with its own 3x3 kernel: [B, H, W, C] → [B, H, W, C]. */
export function depthwise(x: tf.Tensor, { weight }: DepthwiseParameters): tf.Tensor {
  return differentiable(
    { x, weight },
    (save) => {
      save(x, weight);
      return convolve(x, weight);
    },
    (dy, [x, weight]) => ({
      x: () => convolve(dy, tf.reverse(weight as tf.Tensor, [0, 1])),
      weight: () => weightGradient(x as tf.Tensor, dy),
    }),
  );
}
