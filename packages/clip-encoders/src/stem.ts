// A convolutional stem for small image towers: it sees edges across patch borders, which a plain patch embedding has to learn slowly.
// Stages after Liu et al., "A ConvNet for the 2020s" (ConvNeXt, CVPR 2022).
import {
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
