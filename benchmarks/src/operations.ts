// How near layers and towers come to the backend's own limit: the rate of a plain product of two matrices.
import {
  embedImage,
  families,
  imageBlock,
  imageFeatures,
  type VisionConfig,
  visionSpec,
} from '@medclipseg/clip-encoders';
import { disposeParameters, dotProductAttention, freeze, initialize, linear, linearSpec } from '@medclipseg/nn';
import { vitB16 } from '@medclipseg/parity/published-sizes';
import * as tf from '@tensorflow/tfjs-core';
import { alternately, type Work } from './measure.ts';
import type { Result } from './result.ts';

/** Dense features from the last block's tokens, so that every block counts. */
const VIT_B: VisionConfig = { ...families.clip.vision, ...vitB16, dense: 'tokens' };
const WIDTH = VIT_B.width;
const PATCHES = (VIT_B.imageSize / VIT_B.patch) ** 2;
const TOKENS = PATCHES + 1;

/** Multiplications and additions of [n, k]·[k, m]. */
const product = (n: number, k: number, m: number) => 2 * n * k * m;
const attentionFlops = (tokens: number) => 2 * product(tokens, WIDTH, tokens);
const blockFlops = (tokens: number) =>
  4 * product(tokens, WIDTH, WIDTH) + 2 * product(tokens, WIDTH, VIT_B.mlpWidth) + attentionFlops(tokens);
const vitFlops =
  product(PATCHES, VIT_B.patch ** 2 * 3, WIDTH) +
  VIT_B.layers * blockFlops(TOKENS) +
  product(PATCHES, WIDTH, VIT_B.outputs);

/** Rates of layers on a batch of images, relative to the rate of a matrix product. */
export async function operations(backend: string, batch = 4): Promise<Result[]> {
  const rows = batch * TOKENS;
  const [a, b] = [tf.randomNormal([rows, WIDTH]), tf.randomNormal([WIDTH, WIDTH])];
  const plain: Work = () => tf.matMul(a, b);
  const plainFlops = product(rows, WIDTH, WIDTH);
  const results: Result[] = [];
  const measure = async (name: string, flops: number, work: Work, promised?: number) => {
    const [time, plainTime] = await alternately(work, plain);
    const [rate, plainRate] = [flops / time / 1e6, plainFlops / plainTime / 1e6];
    results.push({
      suite: `operations (${backend})`,
      name,
      value: rate / plainRate,
      unit: 'rate / rate of a matrix product',
      // Only wasm has a bound, because naive formulations are ten times slower there.
      ...(promised !== undefined && backend === 'wasm' && { bound: { atLeast: promised } }),
      detail: { ms: time, 'GFLOP/s': rate, 'matrix product GFLOP/s': plainRate },
    });
  };

  const random = () => tf.randomNormal([batch, TOKENS, WIDTH]);
  const x = random();
  const layer = initialize(linearSpec(WIDTH, WIDTH), 1);
  const gradients = tf.grads((input, w, c) =>
    linear(input as tf.Tensor, { weight: w as tf.Tensor, bias: c as tf.Tensor }),
  );
  await measure(
    'linear, forward and backward',
    3 * plainFlops,
    () => gradients([x, layer.weight, layer.bias])[1] as tf.Tensor,
    0.6,
  );

  const [q, k, v] = [random(), random(), random()];
  await measure(`attention, ${VIT_B.heads} heads`, batch * attentionFlops(TOKENS), () =>
    dotProductAttention(q, k, v, { heads: VIT_B.heads }),
  );

  const tower = freeze(initialize(visionSpec(VIT_B), 1));
  await measure('one encoder block', batch * blockFlops(TOKENS), () => imageBlock(tower, 0, x, VIT_B));

  const image = tf.randomNormal([batch, VIT_B.imageSize, VIT_B.imageSize, 3]);
  await measure(
    'ViT-B/16, forward',
    batch * vitFlops,
    () => {
      let tokens = embedImage(tower, image, VIT_B);
      for (let block = 0; block < VIT_B.layers - 1; block++) tokens = imageBlock(tower, block, tokens, VIT_B);
      return imageFeatures(tower, tokens, VIT_B);
    },
    0.5,
  );
  disposeParameters(tower);
  disposeParameters(layer);
  tf.dispose([a, b, x, q, k, v, image]);
  return results;
}
