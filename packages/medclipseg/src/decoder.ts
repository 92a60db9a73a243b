// From patch features and a prompt vector to a map of logits (reference: `ScaleBlock`, `mask_head`).
import {
  type DepthwiseParameters,
  depthwise,
  depthwiseSpec,
  gelu,
  type LinearParameters,
  l2Normalize,
  layerNorm,
  linear,
  linearSpec,
  type NormParameters,
  normSpec,
  resizeBilinear,
  type UpConvolutionParameters,
  upConvolution,
  upConvolutionSpec,
} from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';

export interface ScaleBlockParameters {
  readonly up: UpConvolutionParameters;
  readonly depthwise: DepthwiseParameters;
  readonly norm: NormParameters;
}

export interface DecoderParameters {
  readonly upscale: readonly ScaleBlockParameters[];
  readonly maskHead: readonly LinearParameters[];
}

export const decoderSpec = (width: number, blocks: number) => ({
  upscale: Array.from({ length: blocks }, () => ({
    up: upConvolutionSpec(width, width),
    depthwise: depthwiseSpec(width),
    norm: normSpec(width),
  })),
  maskHead: [linearSpec(width, width), linearSpec(width, width), linearSpec(width, width)],
});

/** The epsilon of timm's LayerNorm2d. */
const EPSILON = 1e-6;

/** Doubles the resolution: [B, H, W, C] → [B, 2H, 2W, C]. */
export const scaleBlock = ({ up, depthwise: mix, norm }: ScaleBlockParameters, x: tf.Tensor): tf.Tensor =>
  layerNorm(depthwise(gelu(upConvolution(x, up)), mix), norm, EPSILON);

/** Maps a unit prompt vector to the weights of the mask, [B, C] → [B, C]. */
export const maskVector = (layers: readonly LinearParameters[], text: tf.Tensor): tf.Tensor =>
  layers.reduce((x, layer, i) => linear(i === 0 ? x : gelu(x), layer), text);

/**
 * Logits at the input's size.
 *
 * @param patches [B, h·w, C], output of the image tower
 * @param text [B, C], output of the text tower
 * @param size side of the square map in pixels
 * @returns [B, size, size]
 */
export function decodeMask(
  parameters: DecoderParameters,
  patches: tf.Tensor,
  text: tf.Tensor,
  size: number,
): tf.Tensor {
  const [batch, count, width] = patches.shape as [number, number, number];
  const side = Math.sqrt(count);
  const grid = tf.reshape(l2Normalize(patches), [batch, side, side, width]);
  const map = parameters.upscale.reduce((x, block) => scaleBlock(block, x), grid);
  const [, height, across] = map.shape as [number, number, number];
  const vector = tf.reshape(maskVector(parameters.maskHead, l2Normalize(text)), [batch, width, 1]);
  const logits = tf.matMul(tf.reshape(map, [batch, height * across, width]), vector); // [B, H·W, 1]
  return resizeBilinear(tf.reshape(logits, [batch, height, across]), [size, size]);
}
