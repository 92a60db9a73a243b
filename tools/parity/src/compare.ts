// Errors between our values and those of the reference.
import { type TokenBatch, tokenBatch } from '@medclipseg/clip-encoders';
import type { TensorFile, TensorValue } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';

/** Largest difference, relative to the largest expected magnitude (or absolute where that is below one). NaN counts as infinite. */
export function worstError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
    scale = Math.max(scale, Math.abs(expected[i] as number));
  }
  return worst / Math.max(1, scale);
}

/**
 * Error of a gradient relative to its largest expected entry. `floor` is the least magnitude that counts: some parameters (a bias added
 * to every key alike) have a gradient that is zero in exact arithmetic and rounding noise in fact.
 */
export function gradientError(actual: ArrayLike<number>, expected: ArrayLike<number>, floor = 0): number {
  const scale = Math.max(1e-12, floor, largest(expected));
  const scaled = (values: ArrayLike<number>) => Array.from(values, (v) => v / scale);
  return worstError(scaled(actual), scaled(expected));
}

export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
  return most;
}

/** Smaller gradients than this share of the largest one are compared on the scale of this share. */
export const FLOOR = 1e-2;

export const toTensor = ({ shape, data }: TensorValue): tf.Tensor => tf.tensor(data, [...shape]);

/** Numbered tensors `prefix0`, `prefix1`, … of a file. */
export async function readNumberedValues(file: TensorFile, prefix: string): Promise<TensorValue[]> {
  const values: TensorValue[] = [];
  for (let i = 0; file.tensors.has(`${prefix}${i}`); i++) values.push(await file.read(`${prefix}${i}`));
  return values;
}

export const readNumbered = async (file: TensorFile, prefix: string): Promise<tf.Tensor[]> =>
  (await readNumberedValues(file, prefix)).map(toTensor);

/** NCHW → NHWC. */
export const channelsLast = (x: tf.Tensor): tf.Tensor => tf.tidy(() => tf.transpose(x, [0, 2, 3, 1]));

/** Images and prompts of a golden file. */
export interface Inputs {
  readonly image: tf.Tensor; // [B, H, W, 3]
  readonly prompts: TokenBatch;
}

/** Reads `image` and `token_ids`; the caller disposes them. */
export async function inputs(file: TensorFile): Promise<Inputs> {
  const nchw = toTensor(await file.read('image'));
  const image = channelsLast(nchw);
  nchw.dispose();
  const { shape, data } = await file.read('token_ids');
  const [batch, context] = shape as [number, number];
  const rows = Array.from({ length: batch }, (_, i) => Int32Array.from(data.subarray(i * context, (i + 1) * context)));
  return { image, prompts: tokenBatch(rows) };
}

/** A variable with the values of a tensor, which is disposed. */
export function learn(tensor: tf.Tensor): tf.Variable {
  const variable = tf.variable(tensor);
  tensor.dispose();
  return variable;
}
