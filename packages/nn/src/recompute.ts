// Gradients of a chain of segments in little memory: the backward pass computes each segment again instead of keeping its insides
// (Chen et al., "Training deep nets with sublinear memory cost", 2016).
import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from './gradients.ts';
import { dropTape } from './tape.ts';

/** Tensors that pass from one segment to the next. */
export type Passed = readonly tf.Tensor[];

/** A piece of a computation: run twice, it must give the same, so any noise in it must be drawn by counter. */
export type Segment = (passed: Passed) => Passed;

export interface Chain {
  /** What the first segment is given; the caller's, and without gradient. */
  readonly start?: Passed;
  readonly segments: readonly Segment[];
  /** The scalar at the end. Computed once: it is differentiated where it is computed. */
  readonly head: (passed: Passed) => tf.Scalar;
}

/** A scalar whose gradients with respect to `outputs` are `cotangents`: the way into a segment from behind. */
function pullback(outputs: Passed, cotangents: Passed): tf.Scalar {
  const scalar = tf.customGrad(() => ({
    value: tf.scalar(0),
    gradFunc: () => cotangents.map((cotangent) => tf.clone(cotangent)),
  }));
  return scalar(...outputs) as tf.Scalar;
}

/** The value of `f` and its gradients; null where `f` does not depend on an input. */
function differentiate(f: () => tf.Scalar, inputs: readonly tf.Tensor[]) {
  try {
    const { value, grads } = tf.engine().gradients(f, [...inputs], undefined, true);
    return { value, gradients: grads as readonly (tf.Tensor | null | undefined)[] };
  } catch (error) {
    dropTape();
    throw error;
  }
}

/** Disposes what is in `tensors` and not in `kept`. */
const release = (tensors: Iterable<tf.Tensor>, kept: Iterable<tf.Tensor>): void => {
  const spared = new Set(kept);
  for (const tensor of new Set(tensors)) if (!spared.has(tensor)) tensor.dispose();
};

/**
 * Value of a chain and its gradients with respect to `variables`, as `valueAndGradients` gives them. Memory holds what passes between
 * segments and the insides of one segment at a time. The caller disposes value and gradients.
 */
export function recomputedGradients(
  { start = [], segments, head }: Chain,
  variables: ReadonlyMap<string, tf.Variable>,
): { value: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  registerGradients();
  const names = [...variables.keys()];
  const learning = [...variables.values()];
  const sums = new Map<string, tf.Tensor>();
  // Every tensor that passes somewhere, by the segment that it enters.
  const passed: Passed[] = [start];
  let cotangents: (tf.Tensor | null | undefined)[] = [];
  let value: tf.Scalar | undefined;

  /** Runs `f` backwards; the gradients of variables are summed, those of what entered are returned. */
  const back = (f: () => tf.Scalar, entered: Passed) => {
    const { value, gradients } = differentiate(f, [...entered, ...learning]);
    gradients.slice(entered.length).forEach((gradient, i) => {
      if (!gradient) return;
      const name = names[i] as string;
      const sum = sums.get(name);
      sums.set(name, sum ? tf.add(sum, gradient) : gradient);
      if (sum) tf.dispose([sum, gradient]);
    });
    return { value, cotangents: gradients.slice(0, entered.length) };
  };

  try {
    for (const segment of segments) {
      const entered = passed.at(-1) as Passed;
      passed.push(tf.tidy(() => [...segment(entered)]));
    }
    const last = passed.at(-1) as Passed;
    ({ value, cotangents } = back(() => head(last), segments.length > 0 ? last : []));
    for (let i = segments.length - 1; i >= 0; i--) {
      const entered = passed[i] as Passed;
      release(passed.pop() as Passed, passed.flat());
      const wanted = cotangents.flatMap((cotangent, k) => (cotangent ? [{ cotangent, k }] : []));
      if (wanted.length === 0) break;
      const segment = segments[i] as Segment;
      const before = back(
        () => {
          const outputs = segment(entered);
          return pullback(
            wanted.map(({ k }) => outputs[k] as tf.Tensor),
            wanted.map(({ cotangent }) => cotangent),
          );
        },
        i > 0 ? entered : [],
      );
      before.value.dispose();
      tf.dispose(wanted.map(({ cotangent }) => cotangent));
      cotangents = before.cotangents;
    }
    const gradients = new Map(
      [...variables].map(([name, variable]) => [name, sums.get(name) ?? tf.zeros(variable.shape)]),
    );
    return { value, gradients };
  } catch (error) {
    tf.dispose([...sums.values()]);
    value?.dispose();
    throw error;
  } finally {
    release(passed.flat(), start);
    tf.dispose(cotangents.filter((cotangent) => !!cotangent));
  }
}
