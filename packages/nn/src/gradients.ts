// Gradients of the tfjs kernels that models use directly; in Node, `@tensorflow/tfjs-core` alone registers none.
import * as tf from '@tensorflow/tfjs-core';

type Attributes = Readonly<Record<string, unknown>>;
type Gradients = Record<string, () => tf.Tensor>;

/** The gradient of a kernel, and what it saves of the forward pass: inputs by name or all of them, or the output. */
interface Rule {
  readonly saves?: readonly string[] | 'all' | 'output';
  readonly gradient: (dy: tf.Tensor, saved: tf.Tensor[], attributes: Attributes) => Gradients;
}

/** For a kernel with one input, and what it needs of the forward pass. */
type Unary = (dy: tf.Tensor, saved: tf.Tensor, attributes: Attributes) => tf.Tensor;
const unary = (saves: Rule['saves'], gradient: Unary, name = 'x'): Rule => ({
  saves,
  gradient: (dy, [saved], attributes) => ({ [name]: () => gradient(dy, saved as tf.Tensor, attributes) }),
});
const ofInput = (gradient: Unary, name = 'x') => unary([name], gradient, name);
const ofOutput = (gradient: Unary, name?: string) => unary('output', gradient, name);
const ofNothing = (gradient: Unary) => unary(undefined, gradient);

/** For a kernel with two inputs that are broadcast: the gradients are summed over the axes that were. */
type Side = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, attributes: Attributes) => tf.Tensor;
const binary = (ofA: Side, ofB: Side): Rule => ({
  saves: ['a', 'b'],
  gradient(dy, saved, attributes) {
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const of = (side: Side, { shape }: tf.Tensor) => {
      const gradient = side(dy, a, b, attributes);
      const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
      return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, shape);
    };
    return { a: () => of(ofA, a), b: () => of(ofB, b) };
  },
});

/** Repeats a gradient along the axes over which the forward pass has summed. */
function spread(dy: tf.Tensor, { shape }: tf.Tensor, axis: unknown): tf.Tensor {
  const kept = [...shape];
  for (const i of tf.util.parseAxisParam(axis as number[], shape)) kept[i] = 1;
  return tf.broadcastTo(tf.reshape(dy, kept), shape);
}

const rules = (): Readonly<Record<string, Rule>> => ({
  Add: binary(
    (dy) => dy,
    (dy) => dy,
  ),
  Sub: binary((dy) => dy, tf.neg),
  Multiply: binary(
    (dy, _, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  RealDiv: binary(
    (dy, _, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  ),
  BatchMatMul: binary(
    (dy, _, b, { transposeA, transposeB }) =>
      transposeA ? tf.matMul(b, dy, !!transposeB, true) : tf.matMul(dy, b, false, !transposeB),
    (dy, a, _, { transposeA, transposeB }) =>
      transposeB ? tf.matMul(dy, a, true, !!transposeA) : tf.matMul(a, dy, !transposeA, false),
  ),
  Neg: ofNothing(tf.neg),
  Identity: ofNothing(tf.clone),
  Cast: ofNothing(tf.clone),
  Transpose: ofNothing((dy, _, { perm }) => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[]))),
  Reshape: ofInput((dy, x) => tf.reshape(dy, x.shape)),
  ExpandDims: ofInput((dy, x) => tf.reshape(dy, x.shape), 'input'),
  Sum: ofInput((dy, x, { axis }) => spread(dy, x, axis)),
  Mean: ofInput((dy, x, { axis }) => tf.div(spread(dy, x, axis), x.size / dy.size)),
  Slice: ofInput((dy, x, { begin, size }) => {
    const [start] = tf.slice_util.parseSliceParams(x, begin as number[], size as number[]) as [number[]];
    return tf.pad(
      dy,
      start.map((before, i) => [before, (x.shape[i] as number) - before - (dy.shape[i] as number)] as [number, number]),
    );
  }),
  Tile: ofInput((dy, { shape }, { reps }) => {
    // Every axis becomes (repetition, length); the repetitions are summed.
    const split = shape.flatMap((length, i) => [(reps as number[])[i] as number, length]);
    return tf.sum(
      tf.reshape(dy, split),
      shape.map((_, i) => 2 * i),
    );
  }),
  Concat: {
    saves: 'all',
    gradient(dy, saved, { axis }) {
      const at = tf.util.parseAxisParam(axis as number, (saved[0] as tf.Tensor).shape)[0] as number;
      let begin = 0;
      return Object.fromEntries(
        saved.map(({ shape }, i) => {
          const start = shape.map((_, d) => (d === at ? begin : 0));
          begin += shape[at] as number;
          return [`${i}`, () => tf.slice(dy, start, shape)];
        }),
      );
    },
  },
  Square: ofInput((dy, x) => tf.mul(dy, tf.mul(x, 2))),
  Exp: ofOutput((dy, y) => tf.mul(dy, y)),
  Log: ofInput((dy, x) => tf.div(dy, x)),
  Sqrt: ofInput((dy, x) => tf.div(dy, tf.mul(tf.sqrt(x), 2))),
  Sigmoid: ofOutput((dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  Softplus: ofInput((dy, x) => tf.mul(dy, tf.sigmoid(x))),
  Relu: ofInput((dy, x) => tf.mul(dy, tf.step(x))),
  Softmax: ofOutput((dy, y, { dim }) => {
    const weighted = tf.mul(dy, y);
    return tf.sub(weighted, tf.mul(tf.sum(weighted, dim as number, true), y));
  }, 'logits'),
});

/** Registers the gradients that no other package, such as `@tensorflow/tfjs`, has registered. Idempotent. */
export function registerGradients(): void {
  for (const [kernelName, { saves, gradient }] of Object.entries(rules())) {
    if (tf.getGradient(kernelName)) continue;
    tf.registerGradient({
      kernelName,
      inputsToSave: Array.isArray(saves) ? saves : [],
      outputsToSave: saves === 'output' ? [true] : [],
      saveAllInputs: saves === 'all',
      gradFunc: (dy, saved, attributes) => gradient(dy as tf.Tensor, saved, attributes as Attributes),
    });
  }
}
