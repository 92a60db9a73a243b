// An operation with its own gradient: named inputs, a forward pass, one thunk per gradient.
import * as tf from '@tensorflow/tfjs-core';
import { NnError } from './errors.ts';

/** The engine belongs to the copy of tfjs-core that was loaded first; tensors, kernels and classes of another do not fit it. */
export function expectOneCore(): void {
  if (tf.env() instanceof tf.Environment) return;
  throw new NnError(
    'nn/two-cores',
    `@tensorflow/tfjs-core: expected one copy, got another one besides version ${tf.version_core}. Find it with 'npm ls @tensorflow/tfjs-core' and let all packages use one version.`,
  );
}

const constants = new WeakSet<tf.Tensor>();

/** Marks a tensor as needing no gradient: operations given it do not compute one. Returns the tensor. */
export function constant<T extends tf.Tensor>(tensor: T): T {
  constants.add(tensor);
  return tensor;
}

/** Removes the mark of {@link constant}. */
export function unmarkConstant<T extends tf.Tensor>(tensor: T): T {
  constants.delete(tensor);
  return tensor;
}

export const isConstant = (tensor: tf.Tensor): boolean => constants.has(tensor);

type Inputs = Readonly<Record<string, tf.Tensor | undefined>>;
type Save = (...tensors: tf.Tensor[]) => void;

/** Computes a value and saves what the gradients need. */
type Forward = (save: Save) => tf.Tensor;

/** From the cotangent and the saved tensors, one thunk per input, called only if that gradient is needed. */
type Backward<I extends Inputs> = (dy: tf.Tensor, saved: tf.Tensor[]) => { [K in keyof I]-?: () => tf.Tensor };

/**
 * An operation with its own gradient.
 *
 * `tf.customGrad` requires a gradient for every input, needed or not, and keeps all intermediate tensors of its backward pass until the
 * whole pass ends. Here, inputs marked {@link constant} are captured instead of passed, and each backward pass is tidied.
 */
export function differentiable<I extends Inputs>(inputs: I, forward: Forward, backward: Backward<I>): tf.Tensor {
  expectOneCore();
  const live = Object.keys(inputs).filter((name) => inputs[name] && !isConstant(inputs[name]));
  if (live.length === 0) return tf.tidy(() => forward(() => {}));
  const operation = tf.customGrad((...args) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const value = forward((...tensors) => save(tensors));
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      tf.tidy(() => {
        const gradients = backward(dy, saved);
        return live.map((name) => (gradients[name] as () => tf.Tensor)());
      });
    return { value, gradFunc };
  });
  return operation(...live.map((name) => inputs[name] as tf.Tensor));
}
