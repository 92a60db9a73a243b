// One way to write an operation with its own gradient: named inputs, a forward pass, one thunk per gradient.
import * as tf from '@tensorflow/tfjs-core';

const constants = new WeakSet<tf.Tensor>();

/** Marks a tensor as needing no gradient: operations given it do not compute one. Returns the tensor. */
export function constant<T extends tf.Tensor>(tensor: T): T {
  constants.add(tensor);
  return tensor;
}

/** Takes the mark of {@link constant} away. */
export function notConstant<T extends tf.Tensor>(tensor: T): T {
  constants.delete(tensor);
  return tensor;
}

export const isConstant = (tensor: tf.Tensor): boolean => constants.has(tensor);

type Inputs = Readonly<Record<string, tf.Tensor | undefined>>;
type Save = (...tensors: tf.Tensor[]) => void;

/** Computes a value and remembers, by `save`, what the gradients need. */
type Forward = (save: Save) => tf.Tensor;

/** Given the cotangent and the saved tensors: one thunk per input, called only if that gradient is wanted. */
type Backward<I extends Inputs> = (dy: tf.Tensor, saved: tf.Tensor[]) => { [K in keyof I]-?: () => tf.Tensor };

/**
 * An operation with its own gradient.
 *
 * `tf.customGrad` wants a gradient for every tensor it is given, needed or not, and keeps what its backward pass allocates until the whole
 * pass ends. Here inputs marked {@link constant} are captured instead of passed, and each backward pass is tidied.
 */
export function differentiable<I extends Inputs>(inputs: I, forward: Forward, backward: Backward<I>): tf.Tensor {
  const live = Object.keys(inputs).filter((name) => {
    const tensor = inputs[name];
    return tensor !== undefined && !isConstant(tensor);
  });
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
