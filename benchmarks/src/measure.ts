// Times of two computations, measured alternately so that other load on the machine affects both.
import * as tf from '@tensorflow/tfjs-core';

/** A computation. The measurement waits for the returned tensor and disposes it. */
export type Work = () => tf.Tensor;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

/** Milliseconds of one run. Reading a single value waits for the GPU without downloading the whole result. */
export async function milliseconds(work: Work): Promise<number> {
  const start = performance.now();
  const result = tf.tidy(work);
  const probe = tf.tidy(() => tf.slice(tf.reshape(result, [-1]), [0], [1]));
  await probe.data();
  const elapsed = performance.now() - start;
  tf.dispose([result, probe]);
  return elapsed;
}

/** Median times of both after a warm-up, over at least `rounds` runs and about `seconds`. */
export async function alternately(
  work: Work,
  baseline: Work,
  { rounds = 5, seconds = 3 }: { rounds?: number; seconds?: number } = {},
): Promise<readonly [number, number]> {
  await milliseconds(work);
  await milliseconds(baseline);
  const times: [number[], number[]] = [[], []];
  const end = performance.now() + seconds * 1000;
  while (times[0].length < rounds || performance.now() < end) {
    times[0].push(await milliseconds(work));
    times[1].push(await milliseconds(baseline));
  }
  return [median(times[0]), median(times[1])];
}
