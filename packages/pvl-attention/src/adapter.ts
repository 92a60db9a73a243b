// The PVL adapter: both token sequences brought to one width, a two-way exchange, and back (reference: `PVLAdapter`, `TwoWayTransformer`).
import { linear, linearSpec, type Noise, noNoise } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import {
  type CrossAttentionParameters,
  crossAttentionSpec,
  DEFAULT_BETA,
  probabilisticCrossAttention,
} from './cross-attention.ts';

/** The two attentions, in the order in which they run. */
export interface TwoWayParameters {
  /** Image tokens query the text (reference: `cross_attn_img_to_txt`). */
  readonly imageFromText: CrossAttentionParameters;
  /** Text tokens query the image tokens as just updated (reference: `cross_attn_txt_to_img`). */
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

export const pvlAdapterSpec = ({ imageWidth, textWidth, width, gate = 0 }: PvlAdapterConfig) => ({
  imageDown: linearSpec(imageWidth, width, { bias: false }),
  textDown: linearSpec(textWidth, width, { bias: false }),
  imageUp: linearSpec(width, imageWidth, { bias: false }),
  textUp: linearSpec(width, textWidth, { bias: false }),
  twoWay: twoWaySpec(width, { gate }),
});

export interface PvlOptions {
  /** Weight of the penalty on uncertain keys. */
  readonly beta?: number;
  /** Where the noise comes from; none by default, which gives the mean. */
  readonly noise?: Noise;
  /** Which adapter of a model this is: part of the noise's key. */
  readonly adapter?: number;
  /** Monte-Carlo samples to fold into the batch here; later adapters get tokens that are folded already. */
  readonly samples?: number;
  /** [B, Tt], 1 for real text tokens: padding is then not attended to. The published model attends to it. */
  readonly textMask?: tf.Tensor;
  /** Only the first so many text tokens are updated and returned (all of them are still attended to). */
  readonly textTokens?: number;
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
  { beta = DEFAULT_BETA, noise = noNoise, adapter = 0, samples = 1, textMask, textTokens }: PvlOptions = {},
): { image: tf.Tensor; text: tf.Tensor } {
  const [batch, , width] = image.shape as [number, number, number];
  const rows = batch * samples;
  const imageOut = probabilisticCrossAttention(parameters.imageFromText, image, text, {
    beta,
    noise: noise.draw({ adapter, direction: 'imageFromText' }, [rows, text.shape[1] as number, width]),
    keyMask: textMask,
  });
  const queries =
    textTokens === undefined ? text : tf.slice(text, [0, 0, 0], [text.shape[0] as number, textTokens, width]);
  const textOut = probabilisticCrossAttention(parameters.textFromImage, queries, imageOut, {
    beta,
    noise: noise.draw({ adapter, direction: 'textFromImage' }, [rows, image.shape[1] as number, width]),
  });
  return { image: imageOut, text: textOut };
}

/**
 * What an adapter adds to the tokens of two encoders.
 *
 * @param image [B, Tv, imageWidth]
 * @param text [B, Tt, textWidth]
 * @returns deltas `image` [B·S, Tv, imageWidth] and `text` [B·S, Tt, textWidth], to be added to the tokens by the caller
 */
export function pvlAdapter(
  parameters: PvlAdapterParameters,
  image: tf.Tensor,
  text: tf.Tensor,
  options: PvlOptions = {},
): { image: tf.Tensor; text: tf.Tensor } {
  const exchanged = twoWay(
    parameters.twoWay,
    linear(image, parameters.imageDown),
    linear(text, parameters.textDown),
    options,
  );
  return { image: linear(exchanged.image, parameters.imageUp), text: linear(exchanged.text, parameters.textUp) };
}
