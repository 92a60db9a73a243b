// Depthwise 3x3 convolution, stride 1, zero padding.
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { expectShape } from './errors.ts';
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

/** [B, H, W, C] → [H, W, B·C] */
const batchIntoChannels = (t: tf.Tensor): tf.Tensor3D => {
  const [batch, height, width, channels] = t.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(t, [1, 2, 0, 3]), [height, width, batch * channels]);
};

/** Most pixels that one convolution sums: backends add them one after the other in single precision. */
const LONGEST_SUM = 1024;

/**
 * Gradient of the weight by depthwise convolutions whose kernel is the cotangent: the batch joins the channels, and dy sweeps the image,
 * padded by one, at nine offsets. wasm has no kernel of its own for this, that of cpu is six times slower, and that of WebGPU adds all
 * pixels in single precision. Large images are cut into strips of rows, so that sums stay short. The kernels of native TensorFlow and of
 * traced ONNX graphs need none of this.
 */
function weightGradient(x: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  if (['tensorflow', 'onnx-trace'].includes(tf.getBackend())) {
    const attributes = { strides: [1, 1], dilations: [1, 1], pad: 'same', filterShape: [3, 3, channels, 1] };
    return tf.engine().runKernel('DepthwiseConv2dNativeBackpropFilter', { x, dy }, attributes);
  }
  const depth = batch * channels;
  const image = tf.pad(batchIntoChannels(x), [
    [1, 1],
    [1, 1],
    [0, 0],
  ]); // [H+2, W+2, B·C]
  const kernel = batchIntoChannels(dy); // [H, W, B·C]
  const rows = Math.max(1, Math.floor(LONGEST_SUM / width));
  const strips = Array.from({ length: Math.ceil(height / rows) }, (_, i) => {
    const top = i * rows;
    const tall = Math.min(rows, height - top);
    const seen = tf.slice(image, [top, 0, 0], [tall + 2, width + 2, depth]);
    const swept = tf.reshape(tf.slice(kernel, [top, 0, 0], [tall, width, depth]), [tall, width, depth, 1]);
    return tf.depthwiseConv2d(seen, swept as tf.Tensor4D, 1, 'valid'); // [3, 3, B·C]
  });
  const products = tf.reshape(tf.stack(strips), [strips.length, 3, 3, batch, channels]);
  return tf.expandDims(tf.sum(products, [0, 3]), 3);
}

/** Each channel with its own 3x3 kernel: [B, H, W, C] → [B, H, W, C]. */
export function depthwise(x: tf.Tensor, { weight }: DepthwiseParameters): tf.Tensor {
  expectShape('depthwise convolution', x, ['B', 'H', 'W', 'C']);
  expectShape('depthwise convolution weight', weight, [3, 3, x.shape[3] as number, 1]);
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
