// CLIP as a whole: images and prompts to vectors, and how alike they are.
import { l2Normalize } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { Clip } from './open.ts';
import { textFeatures, textPrefix } from './text.ts';
import type { TokenBatch } from './text-tower.ts';
import { embedImage, imageBlock, imageFeatures, imageVector } from './vision.ts';

/**
 * @param image [B, H, W, 3], normalized
 * @returns `patches` [B, patches, outputs], dense features as MedCLIPSeg reads them, and `vector` [B, outputs]; neither is normalized
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

/** The prompts' vectors [B, outputs], not normalized. */
export function encodeText({ config, parameters }: Clip, prompts: TokenBatch): tf.Tensor {
  return tf.tidy(() =>
    textFeatures(parameters.text, 0, textPrefix(parameters.text, prompts, config.text, 0), prompts, config.text),
  );
}

/** Cosines of every image with every prompt, times CLIP's learned factor: [images, prompts]. */
export const similarityLogits = ({ parameters }: Clip, images: tf.Tensor, prompts: tf.Tensor): tf.Tensor =>
  tf.tidy(() =>
    tf.mul(tf.matMul(l2Normalize(images), l2Normalize(prompts), false, true), tf.exp(parameters.logitScale)),
  );
