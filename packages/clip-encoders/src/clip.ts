// CLIP as a whole: images and sentences to vectors, and how alike they are.
import { l2Normalize } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { Clip } from './open.ts';
import { textFeatures, textPrefix } from './text.ts';
import type { TokenBatch } from './text-tower.ts';
import { embedImage, imageBlock, imageFeatures, imageVector } from './vision.ts';

/**
 * @param image [B, H, W, 3], normalised
 * @returns `patches` [B, patches, outputs], dense features as MedCLIPSeg reads them, and `vector` [B, outputs]; neither is normalised
 */
export function encodeImage({ config, parameters }: Clip, image: tf.Tensor): { patches: tf.Tensor; vector: tf.Tensor } {
  return tf.tidy(() => {
    let x = embedImage(parameters.vision, image, config.vision);
    for (let i = 0; i < config.vision.layers - 1; i++) x = imageBlock(parameters.vision, i, x, config.vision);
    return {
      patches: imageFeatures(parameters.vision, x, config.vision),
      vector: imageVector(parameters.vision, x, config.vision),
    };
  });
}

/** The sentences' vectors [B, outputs], not normalised. */
export function encodeText({ config, parameters }: Clip, sentences: TokenBatch): tf.Tensor {
  return tf.tidy(() =>
    textFeatures(parameters.text, 0, textPrefix(parameters.text, sentences, config.text, 0), sentences, config.text),
  );
}

/** Cosines of every image with every sentence, times CLIP's learnt factor: [images, sentences]. */
export const similarityLogits = ({ parameters }: Clip, images: tf.Tensor, sentences: tf.Tensor): tf.Tensor =>
  tf.tidy(() =>
    tf.mul(tf.matMul(l2Normalize(images), l2Normalize(sentences), false, true), tf.exp(parameters.logitScale)),
  );
