// The reference's checkpoint names beside ours.
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { pvlAdapterKeys } from '@medclipseg/pvl-attention';
import type { KeyRule } from '@medclipseg/weights';

/** The decoder, named below the given prefixes as a whole model names it. */
export const decoderKeys: readonly KeyRule[] = [
  { ours: 'upscale.{i}.up.weight', theirs: 'upscale.{i}.conv1.weight', layout: 'transposed-convolution' },
  { ours: 'upscale.{i}.up.bias', theirs: 'upscale.{i}.conv1.bias' },
  { ours: 'upscale.{i}.depthwise.weight', theirs: 'upscale.{i}.conv2.weight', layout: 'depthwise' },
  { ours: 'upscale.{i}.norm.weight', theirs: 'upscale.{i}.norm.weight' },
  { ours: 'upscale.{i}.norm.bias', theirs: 'upscale.{i}.norm.bias' },
  // Its layers stand at 0, 2 and 4 of a Sequential, with activations between.
  ...[0, 1, 2].flatMap((i): KeyRule[] => [
    { ours: `maskHead.${i}.weight`, theirs: `mask_head.${2 * i}.weight`, layout: 'linear' },
    { ours: `maskHead.${i}.bias`, theirs: `mask_head.${2 * i}.bias` },
  ]),
];

/** Rules for the part of a model that the published training learns. */
export const trainedKeys: readonly KeyRule[] = [
  ...pvlAdapterKeys('adapters.{i}.', 'pvl_adapters.{i}.'),
  ...decoderKeys,
];

/** Rules for a whole reference checkpoint of a family. */
export const checkpointKeys = (family: FamilyName): readonly KeyRule[] => [...families[family].keys, ...trainedKeys];
