// From patch features and a prompt vector to a map of logits (reference: `ScaleBlock`, `mask_head`).
import { type StemMap, stemMapsOf } from '@medclipseg/clip-encoders/internal';
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
import { foldSamples } from '@medclipseg/pvl-attention/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from './config.ts';
import { ArgumentError } from './errors.ts';

export interface ScaleBlockParameters {
  readonly up: UpConvolutionParameters;
  readonly depthwise: DepthwiseParameters;
  readonly norm: NormParameters;
}

export interface DecoderParameters {
  readonly upscale: readonly ScaleBlockParameters[];
  /** For each upscale block, the projection of the stem's map that it adds. */
  readonly skips?: readonly { readonly weight: tf.Tensor }[];
  readonly maskHead: readonly LinearParameters[];
}

/**
 * The stem's map that each upscale block adds, as an index into {@link stemMapsOf}: the last one of the block's resolution.
 *
 * @throws {ArgumentError} if the stem has no map of that resolution
 */
export function skipStages({ vision, upscaleBlocks }: Pick<ModelConfig, 'vision' | 'upscaleBlocks'>): number[] {
  const sides = stemMapsOf(vision).map(({ side }) => side);
  return Array.from({ length: upscaleBlocks }, (_, block) => {
    const side = (vision.imageSize / vision.patch) * 2 ** (block + 1);
    const stage = sides.lastIndexOf(side);
    if (stage < 0)
      throw new ArgumentError(
        'skips',
        `a stem with a map of ${side}x${side} for upscale block ${block}`,
        sides.length === 0 ? 'an image encoder without a stem' : `maps of ${sides.join(', ')}`,
        'Leave `skips` out, or use fewer upscale blocks.',
      );
    return stage;
  });
}

/** @param skips channels of the stem's maps that the upscale blocks add; empty without skips */
export const decoderSpec = (width: number, blocks: number, skips: readonly Pick<StemMap, 'channels'>[] = []) => ({
  upscale: Array.from({ length: blocks }, () => ({
    up: upConvolutionSpec(width, width),
    depthwise: depthwiseSpec(width),
    norm: normSpec(width),
  })),
  ...(skips.length > 0 && { skips: skips.map(({ channels }) => linearSpec(channels, width, { bias: false })) }),
  maskHead: [linearSpec(width, width), linearSpec(width, width), linearSpec(width, width)],
});

/** The epsilon of timm's LayerNorm2d. */
const EPSILON = 1e-6;

/** Doubles the resolution: [B, H, W, C] → [B, 2H, 2W, C]. @param skip added before the activation, [B, 2H, 2W, C] */
export function scaleBlock(
  { up, depthwise: mix, norm }: ScaleBlockParameters,
  x: tf.Tensor,
  skip?: tf.Tensor,
): tf.Tensor {
  const larger = upConvolution(x, up);
  return layerNorm(depthwise(gelu(skip ? tf.add(larger, skip) : larger), mix), norm, EPSILON);
}

/** Maps a unit prompt vector to the weights of the mask, [B, C] → [B, C]. */
export const maskVector = (layers: readonly LinearParameters[], text: tf.Tensor): tf.Tensor =>
  layers.reduce((x, layer, i) => linear(i === 0 ? x : gelu(x), layer), text);

/**
 * Logits at the input's size.
 *
 * @param patches [B, h·w, C], output of the image tower
 * @param text [B, C], output of the text tower
 * @param size side of the square map in pixels
 * @param stem for each skip the map that it projects, of one sample per image: their number may be a divisor of B
 * @returns [B, size, size]
 */
export function decodeMask(
  parameters: DecoderParameters,
  patches: tf.Tensor,
  text: tf.Tensor,
  size: number,
  stem: readonly tf.Tensor[] = [],
): tf.Tensor {
  const [batch, count, width] = patches.shape as [number, number, number];
  const side = Math.sqrt(count);
  const grid = tf.reshape(l2Normalize(patches), [batch, side, side, width]);
  const skips = parameters.skips?.map((skip, i) => foldSamples(linear(stem[i] as tf.Tensor, skip), batch));
  const map = parameters.upscale.reduce((x, block, i) => scaleBlock(block, x, skips?.[i]), grid);
  const [, height, across] = map.shape as [number, number, number];
  const vector = tf.reshape(maskVector(parameters.maskHead, l2Normalize(text)), [batch, width, 1]);
  const logits = tf.matMul(tf.reshape(map, [batch, height * across, width]), vector); // [B, H·W, 1]
  return resizeBilinear(tf.reshape(logits, [batch, height, across]), [size, size]);
}
