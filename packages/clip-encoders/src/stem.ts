// Convolutional stems for small image towers: they see edges across patch borders, which a plain patch embedding has to learn slowly.
import {
  type ConvolutionParameters,
  convolution,
  convolutionSpec,
  type DepthwiseParameters,
  depthwise,
  depthwiseSpec,
  gelu,
  type LinearParameters,
  layerNorm,
  linear,
  linearSpec,
  type NormParameters,
  normSpec,
  patchEmbedding,
} from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';

interface StageParameters {
  /** Non-overlapping convolution that shrinks the map: 4x4 in the first stage, 2x2 after it. */
  readonly shrink: LinearParameters;
  readonly shrinkNorm: NormParameters;
  readonly depthwise: DepthwiseParameters;
  readonly norm: NormParameters;
  readonly up: LinearParameters;
  readonly down: LinearParameters;
}

export type StemParameters = readonly StageParameters[];

/** Stages after Liu et al., "A ConvNet for the 2020s" (ConvNeXt, CVPR 2022). */
export const stemSpec = (widths: readonly number[]) =>
  widths.map((width, i) => ({
    shrink: linearSpec(i === 0 ? 4 * 4 * 3 : 2 * 2 * (widths[i - 1] as number), width),
    shrinkNorm: normSpec(width),
    depthwise: depthwiseSpec(width),
    norm: normSpec(width),
    up: linearSpec(width, 2 * width),
    down: linearSpec(2 * width, width),
  }));

/** [B, H, W, 3] → [B, H/s, W/s, C] with s = 4·2^(stages − 1). */
export const stem = (stages: StemParameters, image: tf.Tensor): tf.Tensor =>
  stages.reduce((x, stage, i) => {
    const small = layerNorm(patchEmbedding(x, stage.shrink, i === 0 ? 4 : 2), stage.shrinkNorm);
    const mixed = layerNorm(depthwise(small, stage.depthwise), stage.norm);
    return tf.add(small, linear(gelu(linear(mixed, stage.up)), stage.down));
  }, image);

/** One 3x3 convolution of a plain stem, with ReLU behind it. */
export interface StemConvolution {
  readonly width: number;
  readonly stride: number;
}

/** Plain convolutions, as Xiao et al., "Early Convolutions Help Transformers See Better" (NeurIPS 2021); batch norms are folded in. */
export const convolutionsSpec = (stages: readonly StemConvolution[]) =>
  stages.map(({ width }, i) => convolutionSpec(i === 0 ? 3 : (stages[i - 1] as StemConvolution).width, width));

/** Image pixels per pixel of the stem's map, each way. */
export const convolutionsStride = (stages: readonly StemConvolution[]): number =>
  stages.reduce((product, { stride }) => product * stride, 1);

/** [B, H, W, 3] → [B, H/s, W/s, C] with the product of the strides as s. */
export const convolutions = (
  parameters: readonly ConvolutionParameters[],
  image: tf.Tensor,
  stages: readonly StemConvolution[],
): tf.Tensor =>
  parameters.reduce((x, stage, i) => tf.relu(convolution(x, stage, (stages[i] as StemConvolution).stride)), image);
