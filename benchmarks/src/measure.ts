// Times of two things measured in turns, so that whatever else the machine does falls on both alike.
import * as tf from '@tensorflow/tfjs-core';

/** Computes something; the tensor it returns is waited for and disposed. */
export type Work = () => tf.Tensor;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

/** Milliseconds of one run. Reading one number waits for the GPU without moving the whole result. */
export async function milliseconds(work: Work): Promise<number> {
  const start = performance.now();
  const result = tf.tidy(work);
  const probe = tf.tidy(() => tf.slice(tf.reshape(result, [-1]), [0], [1]));
  await probe.data();
  const elapsed = performance.now() - start;
  tf.dispose([result, probe]);
  return elapsed;
}

/** Runs both in turns after a warm-up, at least `rounds` times and for about `seconds`; the median time of each. */
export async function inTurns(
  work: Work,
  beside: Work,
  { rounds = 5, seconds = 3 }: { rounds?: number; seconds?: number } = {},
): Promise<readonly [number, number]> {
  await milliseconds(work);
  await milliseconds(beside);
  const times: [number[], number[]] = [[], []];
  const end = performance.now() + seconds * 1000;
  while (times[0].length < rounds || performance.now() < end) {
    times[0].push(await milliseconds(work));
    times[1].push(await milliseconds(beside));
  }
  return [median(times[0]), median(times[1])];
}
