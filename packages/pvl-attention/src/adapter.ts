// The PVL adapter: projects both token sequences to one width, lets them attend to each other, and projects back (reference: `PVLAdapter`, `TwoWayTransformer`).
import { initialize, linear, linearSpec, type Noise, noNoise } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import {
  type CrossAttentionParameters,
  crossAttentionSpec,
  DEFAULT_BETA,
  foldSamples,
  probabilisticCrossAttention,
} from './cross-attention.ts';
import { expectBeta, expectCount, expectOneOf, expectShape } from './errors.ts';

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

export function pvlAdapterSpec({ imageWidth, textWidth, width, gate = 0 }: PvlAdapterConfig) {
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
  /** Number of text tokens, from the first, to update and return. All are attended to. Default: all. */
  readonly textTokens?: number;
}

function expectOptions({ beta, adapter, samples }: Required<Pick<PvlOptions, 'beta' | 'adapter' | 'samples'>>): void {
  expectBeta(beta);
  expectCount('adapter', adapter, 0);
  expectCount('samples', samples);
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
  {
    beta = DEFAULT_BETA,
    noise = noNoise,
    adapter = 0,
    samples = 1,
    textMask,
    textTokens,
    without = [],
  }: PvlOptions = {},
): { image: tf.Tensor; text: tf.Tensor } {
  const width = parameters.imageFromText.query.weight.shape[0] as number;
  expectShape('image tokens', image, ['B', 'Tv', 'C'], [undefined, undefined, width]);
  expectShape('text tokens', text, ['B', 'Tt', 'C'], [image.shape[0], undefined, width]);
  expectOptions({ beta, adapter, samples });
  for (const part of without) expectOneOf('without', part, PVL_PARTS);
  if (textMask) expectShape('text mask', textMask, ['B', 'Tt'], [undefined, text.shape[1]]);
  if (textTokens !== undefined) {
    expectCount('textTokens', textTokens);
    textTokens = Math.min(textTokens, text.shape[1] as number);
  }
  const batch = image.shape[0] as number;
  const rows = batch * samples;
  const leaves = (part: PvlPart) => without.includes(part);
  const unimodal = leaves('crossmodal');
  const options = { beta: leaves('probabilities') ? 0 : beta, gated: !leaves('gating') };
  const drawn = (direction: 'imageFromText' | 'textFromImage', context: tf.Tensor): tf.Tensor | undefined => {
    const values = noise.draw({ adapter, direction }, [rows, context.shape[1] as number, width]);
    return values && leaves('probabilities') ? tf.mul(values, 0) : values;
  };
  const imageContext = unimodal ? image : text;
  const imageOut = probabilisticCrossAttention(parameters.imageFromText, image, imageContext, {
    ...options,
    noise: drawn('imageFromText', imageContext),
    keyMask: unimodal ? undefined : textMask,
  });
  const queries =
    textTokens === undefined ? text : tf.slice(text, [0, 0, 0], [text.shape[0] as number, textTokens, width]);
  const textContext = unimodal ? text : imageOut;
  const attended = probabilisticCrossAttention(parameters.textFromImage, queries, textContext, {
    ...options,
    noise: drawn('textFromImage', textContext),
    keyMask: unimodal ? textMask : undefined,
  });
  const textOut = leaves('bidirectional')
    ? tf.add(foldSamples(queries, attended.shape[0] as number), tf.mul(attended, 0))
    : attended;
  return { image: imageOut, text: textOut };
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
  const [imageWidth, textWidth] = [parameters.imageDown.weight.shape[0], parameters.textDown.weight.shape[0]];
  expectShape('image tokens', image, ['B', 'Tv', 'imageWidth'], [undefined, undefined, imageWidth]);
  expectShape('text tokens', text, ['B', 'Tt', 'textWidth'], [image.shape[0], undefined, textWidth]);
  const exchanged = twoWay(
    parameters.twoWay,
    linear(image, parameters.imageDown),
    linear(text, parameters.textDown),
    options,
  );
  const { without = [] } = options;
  const delta = (x: tf.Tensor, up: Projection, part: PvlPart) =>
    without.includes(part) ? tf.mul(linear(x, up), 0) : linear(x, up);
  return {
    image: delta(exchanged.image, parameters.imageUp, 'visual'),
    text: delta(exchanged.text, parameters.textUp, 'textual'),
  };
}
