// The keys and layouts of the model's parameters in checkpoints of the reference.
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { pvlAdapterKeys } from '@medclipseg/pvl-attention/internal';
import type { KeyRule } from '@medclipseg/weights';

/** The decoder, named below the given prefixes as a whole model names it. */
export const decoderKeys: readonly KeyRule[] = [
  { parameter: 'upscale.{i}.up.weight', key: 'upscale.{i}.conv1.weight', layout: 'transposed-convolution' },
  { parameter: 'upscale.{i}.up.bias', key: 'upscale.{i}.conv1.bias' },
  { parameter: 'upscale.{i}.depthwise.weight', key: 'upscale.{i}.conv2.weight', layout: 'depthwise' },
  { parameter: 'upscale.{i}.norm.weight', key: 'upscale.{i}.norm.weight' },
  { parameter: 'upscale.{i}.norm.bias', key: 'upscale.{i}.norm.bias' },
  // Its layers stand at 0, 2 and 4 of a Sequential, with activations between.
  ...[0, 1, 2].flatMap((i): KeyRule[] => [
    { parameter: `maskHead.${i}.weight`, key: `mask_head.${2 * i}.weight`, layout: 'linear' },
    { parameter: `maskHead.${i}.bias`, key: `mask_head.${2 * i}.bias` },
  ]),
];

/** Rules for the part of a model that the published training learns. */
export const trainedKeys: readonly KeyRule[] = [
  ...pvlAdapterKeys('adapters.{i}.', 'pvl_adapters.{i}.'),
  ...decoderKeys,
];

/** Rules for a whole reference checkpoint of a family. */
export const checkpointKeys = (family: FamilyName): readonly KeyRule[] => [...families[family].keys, ...trainedKeys];
