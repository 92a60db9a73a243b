// Counts the multiply-adds of a computation.
import * as tf from '@tensorflow/tfjs-core';

type Shape = readonly number[];
type Inputs = Readonly<Record<string, tf.TensorInfo>>;

const size = (shape: Shape): number => tf.util.sizeFromShape([...shape]);
const shapeOf = (inputs: Inputs, name: string): Shape => (inputs[name] as tf.TensorInfo).shape;

/** Inner length from the left operand, transposed or not. */
const product = (inputs: Inputs, out: Shape): number => {
  const [rows, columns] = shapeOf(inputs, 'a').slice(-2) as [number, number];
  return size(out) * ((rows * columns) / (out.at(-2) as number));
};

/** Per output element, one multiply-add for each tap and, except for depthwise convolutions, each input channel. */
const convolution = (inputs: Inputs, out: Shape): number => size(out) * size(shapeOf(inputs, 'filter').slice(0, 3));
const depthwise = (inputs: Inputs, out: Shape): number => size(out) * size(shapeOf(inputs, 'filter').slice(0, 2));

const COUNTED: Readonly<Record<string, (inputs: Inputs, out: Shape) => number>> = {
  BatchMatMul: product,
  _FusedMatMul: product,
  Conv2D: convolution,
  FusedConv2D: convolution,
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: depthwise,
};

/**
 * Runs `f` and counts the multiply-adds of its matrix products and convolutions, gradients included. Element-wise operations, sums and
 * lookups are not counted; one multiply-add is two floating-point operations.
 */
export function countMultiplyAdds<T>(f: () => T): { readonly value: T; readonly multiplyAdds: number } {
  const engine = tf.engine();
  const run = engine.runKernel;
  let multiplyAdds = 0;
  // Native TensorFlow computes fused products by running the plain product: only the outer one counts.
  let isInside = false;
  engine.runKernel = function counting(name, inputs, attributes) {
    const count = COUNTED[name];
    if (isInside || !count) return run.call(engine, name, inputs, attributes) as never;
    isInside = true;
    try {
      const out = run.call(engine, name, inputs, attributes);
      multiplyAdds += count(inputs as unknown as Inputs, (out as tf.Tensor).shape);
      return out as never;
    } finally {
      isInside = false;
    }
  };
  try {
    return { value: f(), multiplyAdds };
  } finally {
    engine.runKernel = run;
  }
}
