// Gradients of a sequence of segments in little memory: the backward pass recomputes each segment instead of keeping its intermediates
// (Chen et al., "Training deep nets with sublinear memory cost", 2016).
import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from './gradients.ts';
import { droppingTape } from './value-and-gradients.ts';

/** The tensors between one segment and the next. */
export type SegmentTensors = readonly tf.Tensor[];

/** A part of a computation. It runs twice and must return the same values, so noise in it must be counter-based. */
export type Segment = (inputs: SegmentTensors) => SegmentTensors;

/** A scalar function that is computed in segments. */
export interface SegmentedFunction {
  /** Inputs of the first segment. The caller keeps ownership; they get no gradient. */
  readonly start?: SegmentTensors;
  readonly segments: readonly Segment[];
  /** Computes the scalar from the last segment's outputs. Runs once: it is differentiated in the same pass. */
  readonly head: (inputs: SegmentTensors) => tf.Scalar;
}

/** A scalar whose gradients with respect to `outputs` are `cotangents`: starts the backward pass of a segment. */
function pullback(outputs: SegmentTensors, cotangents: SegmentTensors): tf.Scalar {
  const scalar = tf.customGrad(() => ({
    value: tf.scalar(0),
    gradFunc: () => cotangents.map((cotangent) => tf.clone(cotangent)),
  }));
  return scalar(...outputs) as tf.Scalar;
}

/** The value of `f` and its gradients; null where `f` does not depend on an input. */
function differentiate(f: () => tf.Scalar, inputs: readonly tf.Tensor[]) {
  const { value, grads } = droppingTape(() => tf.engine().gradients(f, [...inputs], undefined, true));
  return { value, gradients: grads as readonly (tf.Tensor | null | undefined)[] };
}

/** Disposes the tensors that are not in `kept`. */
const release = (tensors: Iterable<tf.Tensor>, kept: Iterable<tf.Tensor>): void => {
  const spared = new Set(kept);
  for (const tensor of new Set(tensors)) if (!spared.has(tensor)) tensor.dispose();
};

/**
 * Value of a segmented function and its gradients with respect to `variables`, equal to those of `valueAndGradients`. Memory holds the
 * tensors between segments and the intermediates of one segment at a time. The caller disposes value and gradients.
 */
export function recomputedGradients(
  { start = [], segments, head }: SegmentedFunction,
  variables: ReadonlyMap<string, tf.Variable>,
): { value: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  registerGradients();
  const names = [...variables.keys()];
  const learned = [...variables.values()];
  const sums = new Map<string, tf.Tensor>();
  // The inputs of every segment, and the outputs of the last.
  const boundaries: SegmentTensors[] = [start];
  let cotangents: (tf.Tensor | null | undefined)[] = [];
  let value: tf.Scalar | undefined;

  /** Differentiates `f`. Sums the gradients of variables and returns those of its inputs. */
  const backward = (f: () => tf.Scalar, inputs: SegmentTensors) => {
    const { value, gradients } = differentiate(f, [...inputs, ...learned]);
    gradients.slice(inputs.length).forEach((gradient, i) => {
      if (!gradient) return;
      const name = names[i] as string;
      const sum = sums.get(name);
      sums.set(name, sum ? tf.add(sum, gradient) : gradient);
      if (sum) tf.dispose([sum, gradient]);
    });
    return { value, cotangents: gradients.slice(0, inputs.length) };
  };

  try {
    for (const segment of segments) {
      const inputs = boundaries.at(-1) as SegmentTensors;
      boundaries.push(tf.tidy(() => [...segment(inputs)]));
    }
    const last = boundaries.at(-1) as SegmentTensors;
    ({ value, cotangents } = backward(() => head(last), segments.length > 0 ? last : []));
    for (let i = segments.length - 1; i >= 0; i--) {
      const inputs = boundaries[i] as SegmentTensors;
      release(boundaries.pop() as SegmentTensors, boundaries.flat());
      const needed = cotangents.flatMap((cotangent, k) => (cotangent ? [{ cotangent, k }] : []));
      if (needed.length === 0) break;
      const segment = segments[i] as Segment;
      const before = backward(
        () => {
          const outputs = segment(inputs);
          return pullback(
            needed.map(({ k }) => outputs[k] as tf.Tensor),
            needed.map(({ cotangent }) => cotangent),
          );
        },
        i > 0 ? inputs : [],
      );
      before.value.dispose();
      tf.dispose(needed.map(({ cotangent }) => cotangent));
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
    release(boundaries.flat(), start);
    tf.dispose(cotangents.filter((cotangent) => !!cotangent));
  }
}
