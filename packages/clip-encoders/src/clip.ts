// CLIP as a whole: vectors of images and prompts, and their similarity.
import { l2Normalize } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { InputError } from './errors.ts';
import type { Clip } from './open.ts';
import { firstTextBlocks, textFeatures } from './text.ts';
import type { TokenBatch } from './text-tower.ts';
import { embedImage, imageBlock, imageFeatures, imageVector } from './vision.ts';

/**
 * Features of images.
 *
 * @param image [B, H, W, 3], normalized
 * @returns `patches` [B, patches, outputs], the dense features that MedCLIPSeg uses, and `vector` [B, outputs]; neither is normalized
 * @throws InputError for images of another size
 *
 * @example
 * ```ts
 * const { patches, vector } = encodeImage(clip, tf.zeros([1, 224, 224, 3]));
 * console.log(patches.shape, vector.shape); // [ 1, 196, 512 ] [ 1, 512 ]
 * ```
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

/**
 * Vectors of prompts, [B, outputs], not normalized.
 *
 * @throws InputError for ids of another shape or type, or outside the vocabulary
 *
 * @example
 * ```ts
 * const prompts = tokenBatch([tokenizer.encode('one small polyp')]);
 * console.log(encodeText(clip, prompts).shape); // [ 1, 512 ]
 * ```
 */
export function encodeText({ config, parameters }: Clip, prompts: TokenBatch): tf.Tensor {
  return tf.tidy(() =>
    textFeatures(parameters.text, 0, firstTextBlocks(parameters.text, prompts, config.text, 0), prompts, config.text),
  );
}

/**
 * Cosine similarity of every image and every prompt, times CLIP's learned scale.
 *
 * @param images vectors [images, outputs]
 * @param prompts vectors [prompts, outputs]
 * @returns logits [images, prompts]
 */
export function similarityLogits({ config, parameters }: Clip, images: tf.Tensor, prompts: tf.Tensor): tf.Tensor {
  const { outputs } = config.vision;
  for (const [subject, { shape }] of [
    ['image vectors', images],
    ['prompt vectors', prompts],
  ] as const)
    if (shape.length !== 2 || shape[1] !== outputs)
      throw new InputError(subject, `shape [N, ${outputs}]`, `[${shape}]`, 'Use encodeImage and encodeText.');
  return tf.tidy(() =>
    tf.mul(tf.matMul(l2Normalize(images), l2Normalize(prompts), false, true), tf.exp(parameters.logitScale)),
  );
}
