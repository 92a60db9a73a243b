// The PVL adapter: projects both token sequences to one width, lets them attend to each other, and projects back (reference: `PVLAdapter`, `TwoWayTransformer`).
import { initialize, linear, linearSpec, type Noise } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import {
  type CrossAttentionParameters,
  crossAttentionSpec,
  DEFAULT_BETA,
  foldSamples,
  probabilisticCrossAttention,
  someTokens,
} from './cross-attention.ts';
import { expectCount, expectNumber, expectOneOf, expectShape } from './errors.ts';

/**
 * Parts that an ablation may leave out:
 * `gating` adds the attended values to the tokens instead of mixing both; `probabilities` has no noise and no penalty on uncertain keys;
 * `visual` leaves the image tokens of the encoder as they are, `textual` those of the text; `bidirectional` lets only the image attend to the
 * text; `crossmodal` lets each sequence attend to itself.
 */
export const PVL_PARTS = ['gating', 'probabilities', 'visual', 'textual', 'bidirectional', 'crossmodal'] as const;

export type PvlPart = (typeof PVL_PARTS)[number];

/** The two attentions, in the order of execution. */
export interface TwoWayParameters {
  /** Image tokens query the text (reference: `cross_attn_img_to_txt`). */
  readonly imageFromText: CrossAttentionParameters;
  /** Text tokens query the updated image tokens (reference: `cross_attn_txt_to_img`). */
  readonly textFromImage: CrossAttentionParameters;
}

interface Projection {
  readonly weight: tf.Tensor;
}

export interface PvlAdapterParameters {
  readonly imageDown: Projection;
  readonly textDown: Projection;
  readonly imageUp: Projection;
  readonly textUp: Projection;
  readonly twoWay: TwoWayParameters;
}

export interface PvlAdapterConfig {
  /** Channels of the image tokens. */
  readonly imageWidth: number;
  /** Channels of the text tokens. */
  readonly textWidth: number;
  /** Channels of the adapter (256 in the published model). */
  readonly width: number;
  /** Starting value of both gates, before the sigmoid. */
  readonly gate?: number;
}

export const twoWaySpec = (width: number, options?: { gate?: number }) => ({
  imageFromText: crossAttentionSpec(width, options),
  textFromImage: crossAttentionSpec(width, options),
});

export function pvlAdapterSpec({ imageWidth, textWidth, width, gate }: PvlAdapterConfig) {
  expectCount('imageWidth', imageWidth);
  expectCount('textWidth', textWidth);
  return {
    imageDown: linearSpec(imageWidth, width, { bias: false }),
    textDown: linearSpec(textWidth, width, { bias: false }),
    imageUp: linearSpec(width, imageWidth, { bias: false }),
    textUp: linearSpec(width, textWidth, { bias: false }),
    twoWay: twoWaySpec(width, { gate }),
  };
}

/**
 * The parameters of a new adapter, initialized as PyTorch initializes the reference's.
 *
 * @example
 * const adapter = initPvlAdapter({ imageWidth: 768, textWidth: 512, width: 256 }, 666);
 * console.log(adapter.imageDown.weight.shape); // [ 768, 256 ]
 *
 * @throws {PvlAttentionError} if a width is not a whole number of at least 1
 */
export const initPvlAdapter = (config: PvlAdapterConfig, seed = 0): PvlAdapterParameters =>
  initialize(pvlAdapterSpec(config), seed);

export interface PvlOptions {
  /** Weight of the penalty on uncertain keys. Default: 2.35, as published. */
  readonly beta?: number;
  /** Source of the noise. Default: none, which gives the mean. */
  readonly noise?: Noise;
  /** Index of this adapter in the model, part of the noise's key. Default: 0. */
  readonly adapter?: number;
  /** Number S of Monte-Carlo samples to fold into the batch. Default: 1, also for later adapters, whose tokens are folded already. */
  readonly samples?: number;
  /** [B, Tt], 1 for text tokens and 0 for padding, which is then ignored. The published model attends to padding. */
  readonly textMask?: tf.Tensor;
  /** Parts to leave out, for ablations. Shapes and parameters stay the same. Default: none. */
  readonly without?: readonly PvlPart[];
  /** Text tokens to update and return: their number, from the first, or their positions (int32). All are attended to. Default: all. */
  readonly textTokens?: number | tf.Tensor1D;
}

/**
 * Both sequences attend to each other: image tokens to the text, then text tokens to the updated image tokens.
 *
 * @param image [B, Tv, C]
 * @param text [B, Tt, C]
 * @returns `image` [B·S, Tv, C] and `text` [B·S, Tt, C]
 */
export function twoWay(
  parameters: TwoWayParameters,
  image: tf.Tensor,
  text: tf.Tensor,
  { beta = DEFAULT_BETA, noise, adapter = 0, samples = 1, textMask, textTokens, without = [] }: PvlOptions = {},
): { image: tf.Tensor; text: tf.Tensor } {
  const width = parameters.imageFromText.query.weight.shape[0] as number;
  expectShape('image tokens', image, ['B', 'Tv', width]);
  const batch = image.shape[0] as number;
  expectShape('text tokens', text, [batch, 'Tt', width]);
  expectNumber('beta', beta, 0);
  expectCount('adapter', adapter, 0);
  expectCount('samples', samples);
  for (const part of without) expectOneOf('without', part, PVL_PARTS);
  if (textMask) expectShape('text mask', textMask, ['B', text.shape[1] as number]);
  let queries = text;
  if (textTokens !== undefined) {
    if (typeof textTokens === 'number') expectCount('textTokens', textTokens);
    else expectShape('textTokens', textTokens, ['Tq']);
    queries = someTokens(text, textTokens);
  }
  const leaves = (part: PvlPart) => without.includes(part);
  const unimodal = leaves('crossmodal');
  /** @param toText whether the context is text, of which `textMask` may hide tokens */
  const attend = (direction: keyof TwoWayParameters, queries: tf.Tensor, context: tf.Tensor, toText: boolean) => {
    const drawn = noise?.draw({ adapter, direction }, [batch * samples, context.shape[1] as number, width]);
    const certain = leaves('probabilities');
    return probabilisticCrossAttention(parameters[direction], queries, context, {
      beta: certain ? 0 : beta,
      gated: !leaves('gating'),
      noise: drawn && certain ? tf.mul(drawn, 0) : drawn,
      keyMask: toText ? textMask : undefined,
    });
  };
  const imageOut = attend('imageFromText', image, unimodal ? image : text, !unimodal);
  const attended = attend('textFromImage', queries, unimodal ? text : imageOut, unimodal);
  if (!leaves('bidirectional')) return { image: imageOut, text: attended };
  return { image: imageOut, text: tf.add(foldSamples(queries, attended.shape[0] as number), tf.mul(attended, 0)) };
}

/**
 * The deltas that an adapter adds to the tokens of two encoders.
 *
 * @param image [B, Tv, imageWidth]
 * @param text [B, Tt, textWidth]
 * @returns deltas `image` [B·S, Tv, imageWidth] and `text` [B·S, Tt, textWidth]; the caller adds them to the tokens
 *
 * @example
 * const adapter = initPvlAdapter({ imageWidth: 768, textWidth: 512, width: 256 });
 * const noise = counterNoise(666, [{ image: 'scan.png', sample: 0 }]);
 * const { image, text } = pvlAdapter(adapter, tf.ones([1, 197, 768]), tf.ones([1, 77, 512]), { noise });
 * console.log(image.shape, text.shape); // [ 1, 197, 768 ] [ 1, 77, 512 ]
 *
 * @throws {PvlAttentionError} if a shape or an option is not as described
 */
export function pvlAdapter(
  parameters: PvlAdapterParameters,
  image: tf.Tensor,
  text: tf.Tensor,
  options: PvlOptions = {},
): { image: tf.Tensor; text: tf.Tensor } {
  expectShape('image tokens', image, ['B', 'Tv', parameters.imageDown.weight.shape[0] as number]);
  expectShape('text tokens', text, [image.shape[0] as number, 'Tt', parameters.textDown.weight.shape[0] as number]);
  const exchanged = twoWay(
    parameters.twoWay,
    linear(image, parameters.imageDown),
    linear(text, parameters.textDown),
    options,
  );
  const { without = [] } = options;
  const delta = (x: tf.Tensor, up: Projection, part: PvlPart) => {
    const y = linear(x, up);
    return without.includes(part) ? tf.mul(y, 0) : y;
  };
  return {
    image: delta(exchanged.image, parameters.imageUp, 'visual'),
    text: delta(exchanged.text, parameters.textUp, 'textual'),
  };
}
