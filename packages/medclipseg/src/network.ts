// The network: two encoders, adapters before some of their blocks, a decoder.
import {
  firstTextBlocks,
  imageBlock,
  imageFeatures,
  type TextParameters,
  type TokenBatch,
  textBlock,
  textFeatures,
  textSpec,
  type VisionParameters,
  visionSpec,
} from '@medclipseg/clip-encoders';
import { embedWithStem, type StemMap, stemMapsOf } from '@medclipseg/clip-encoders/internal';
import { assemble, initialize, type Noise } from '@medclipseg/nn';
import { type PvlAdapterParameters, type PvlOptions, pvlAdapter, pvlAdapterSpec } from '@medclipseg/pvl-attention';
import { foldSamples, someTokens } from '@medclipseg/pvl-attention/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from './config.ts';
import { type DecoderParameters, decodeMask, decoderSpec, skipStages } from './decoder.ts';

export interface ModelParameters extends DecoderParameters {
  readonly vision: VisionParameters;
  readonly text: TextParameters;
  readonly adapters: readonly PvlAdapterParameters[];
}

/** Configuration and parameters of a model. */
export interface Network {
  readonly config: ModelConfig;
  readonly parameters: ModelParameters;
}

/** The maps of the stem that the decoder uses. */
const stagesOf = (config: ModelConfig): number[] => (config.skips ? skipStages(config) : []);

export const modelSpec = (config: ModelConfig) => ({
  vision: visionSpec(config.vision),
  text: textSpec(config.text),
  adapters: config.adapters.layers.map(() =>
    pvlAdapterSpec({
      imageWidth: config.vision.width,
      textWidth: config.text.width,
      width: config.adapters.width,
      gate: config.adapters.gate,
    }),
  ),
  ...decoderSpec(
    config.vision.outputs,
    config.upscaleBlocks,
    stagesOf(config).map((stage) => stemMapsOf(config.vision)[stage] as StemMap),
  ),
});

// The type of a text tower depends on a value of its configuration, which the types of specs do not express.

/** New parameters, random by seed. */
export const initializeModel = (config: ModelConfig, seed: number): ModelParameters =>
  initialize(modelSpec(config), seed) as unknown as ModelParameters;

/** Parameters made of tensors by name, which it takes over. */
export const assembleModel = (config: ModelConfig, tensors: ReadonlyMap<string, tf.Tensor>): ModelParameters =>
  assemble(modelSpec(config), tensors) as unknown as ModelParameters;

/** Names of the parameters that the published training learns; the encoders stay frozen. */
export const TRAINABLE_PARAMETERS = /^(adapters|upscale|skips|maskHead)\./;

/** Tokens of both towers before block `block`. */
export type Tokens = {
  readonly image: tf.Tensor; // [B, Tv, Cv]
  readonly text: tf.Tensor; // [B, Tt, Ct]
  /** Maps of the stem for the decoder's skips, [images, side, side, C]; they pass unchanged. */
  readonly stem?: tf.Tensor[];
  readonly block: number;
};

/** All tensors of tokens; {@link tokensOf} is the inverse. */
export const tensorsOf = ({ image, text, stem = [] }: Tokens): tf.Tensor[] => [image, text, ...stem];

export const tokensOf = ([image, text, ...stem]: readonly tf.Tensor[], block: number): Tokens => ({
  image: image as tf.Tensor,
  text: text as tf.Tensor,
  ...(stem.length > 0 && { stem }),
  block,
});

const imageStep = ({ config, parameters }: Network, block: number, x: tf.Tensor) =>
  // The last block belongs to the features, which may need only a part of its output.
  block < config.vision.layers - 1 ? imageBlock(parameters.vision, block, x, config.vision) : x;

const textStep = ({ config, parameters }: Network, block: number, y: tf.Tensor, prompts: TokenBatch) =>
  block < config.text.layers ? textBlock(parameters.text, block, y, prompts, config.text) : y;

/** Index of the block before which the prefix ends: the one that follows the first adapter. Without adapters all blocks belong to the prefix. */
export const firstBlock = ({ vision, adapters }: ModelConfig): number =>
  adapters.layers.length === 0 ? vision.layers : Math.min(...adapters.layers);

/** Index of the block that follows the last adapter. */
const lastBlock = (config: ModelConfig): number => Math.max(firstBlock(config), ...config.adapters.layers);

/** The deterministic prefix: embeddings and the blocks before the first adapter. Computed once per image for any number of samples. */
export function encodePrefix(network: Network, image: tf.Tensor, prompts: TokenBatch): Tokens {
  const { config, parameters } = network;
  const first = firstBlock(config);
  const embedded = embedWithStem(parameters.vision, image, config.vision);
  let x = embedded.tokens;
  for (let block = 0; block < first; block++) x = imageStep(network, block, x);
  const y = firstTextBlocks(parameters.text, prompts, config.text, Math.min(first, config.text.layers));
  return tokensOf([x, y, ...stagesOf(config).map((stage) => embedded.stem[stage] as tf.Tensor)], first);
}

/** Adds the deltas of an adapter to both sequences; the first adapter folds the samples into the batch. */
const fuse = (
  { config, parameters }: Network,
  adapter: number,
  { image, text }: Pick<Tokens, 'image' | 'text'>,
  { ids }: TokenBatch,
  options: Pick<PvlOptions, 'noise' | 'samples' | 'textTokens'>,
): { image: tf.Tensor; text: tf.Tensor } =>
  tf.tidy(() => {
    const { beta, maskPadding, without } = config.adapters;
    const delta = pvlAdapter(parameters.adapters[adapter] as PvlAdapterParameters, image, text, {
      ...options,
      beta,
      without,
      adapter,
      textMask: maskPadding ? tf.cast(tf.greater(ids, 0), 'float32') : undefined,
    });
    const rows = delta.image.shape[0] as number;
    const kept = options.textTokens === undefined ? text : someTokens(text, options.textTokens);
    return {
      image: tf.add(foldSamples(image, rows), delta.image),
      text: tf.add(foldSamples(kept, rows), delta.text),
    };
  });

export interface TrunkOptions {
  readonly noise?: Noise;
  /** Monte-Carlo samples, folded into the batch sample by sample. */
  readonly samples?: number;
}

/** Index of the first block after the trunk. */
export const trunkEnd = ({ vision, adapters }: ModelConfig): number =>
  Math.max(vision.layers, ...adapters.layers.map((layer) => layer + 1));

/**
 * One block of the trunk: its adapter, if it has one, then the block itself in both towers.
 *
 * After the last adapter only the text tower reads the text tokens, and it ignores padding: from there on, only what reaches the prompt's
 * vector is computed, together with the features. That does not change the result.
 */
export function trunkBlock(
  network: Network,
  { image, text, stem, block }: Tokens,
  prompts: TokenBatch,
  { noise, samples = 1 }: TrunkOptions = {},
): Tokens {
  const { layers } = network.config.adapters;
  const last = lastBlock(network.config);
  const adapter = layers.indexOf(block);
  let [x, y] = [image, text];
  if (adapter >= 0)
    ({ image: x, text: y } = fuse(network, adapter, { image, text }, prompts, {
      noise,
      samples: block === firstBlock(network.config) ? samples : 1,
      textTokens: block === last ? (prompts.positions ?? prompts.used) : undefined,
    }));
  x = imageStep(network, block, x);
  if (block < last) y = textStep(network, block, y, prompts);
  return tokensOf([x, y, ...(stem ?? [])], block + 1);
}

/** Output of the encoders, not normalized. */
export type Features = {
  readonly patches: tf.Tensor; // [B·S, patches, outputs]
  readonly text: tf.Tensor; // [B·S, outputs]
  /** See {@link Tokens}. */
  readonly stem?: tf.Tensor[];
};

/** The features from the tokens after the trunk. */
export function encodeFeatures(
  { config, parameters }: Network,
  { image, text, stem }: Tokens,
  prompts: TokenBatch,
): Features {
  const textBlocks = Math.min(lastBlock(config), config.text.layers);
  return {
    patches: imageFeatures(parameters.vision, image, config.vision),
    text: textFeatures(parameters.text, textBlocks, text, prompts, config.text),
    ...(stem && { stem }),
  };
}

/** From the first adapter to the features. */
export function trunk(network: Network, start: Tokens, prompts: TokenBatch, options: TrunkOptions = {}): Features {
  let tokens = start;
  while (tokens.block < trunkEnd(network.config)) tokens = trunkBlock(network, tokens, prompts, options);
  return encodeFeatures(network, tokens, prompts);
}

/** Logits [B·S, size, size] from features. */
export const predictLogits = ({ config, parameters }: Network, { patches, text, stem }: Features): tf.Tensor =>
  tf.tidy(() => decodeMask(parameters, patches, text, config.vision.imageSize, stem));
