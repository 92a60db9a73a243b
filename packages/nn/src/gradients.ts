// Gradients of the tfjs kernels that models use directly; in Node, `@tensorflow/tfjs-core` alone registers none.
import * as tf from '@tensorflow/tfjs-core';

type Gradient = (
  dy: tf.Tensor,
  saved: tf.Tensor[],
  attributes: Record<string, unknown>,
) => Record<string, () => tf.Tensor>;

/** Sums a gradient over the axes that were broadcast. */
function reduceTo(dy: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], dy.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, [...shape]);
}

interface Entry {
  readonly kernel: string;
  readonly inputs?: string[];
  readonly outputs?: boolean[];
  readonly all?: boolean;
  readonly gradient: Gradient;
}

const s = (saved: tf.Tensor[], i: number) => saved[i] as tf.Tensor;

const table: readonly Entry[] = [
  {
    kernel: 'Add',
    inputs: ['a', 'b'],
    gradient: (dy, saved) => ({ a: () => reduceTo(dy, s(saved, 0).shape), b: () => reduceTo(dy, s(saved, 1).shape) }),
  },
  {
    kernel: 'Sub',
    inputs: ['a', 'b'],
    gradient: (dy, saved) => ({
      a: () => reduceTo(dy, s(saved, 0).shape),
      b: () => reduceTo(tf.neg(dy), s(saved, 1).shape),
    }),
  },
  {
    kernel: 'Multiply',
    inputs: ['a', 'b'],
    gradient: (dy, saved) => ({
      a: () => reduceTo(tf.mul(dy, s(saved, 1)), s(saved, 0).shape),
      b: () => reduceTo(tf.mul(dy, s(saved, 0)), s(saved, 1).shape),
    }),
  },
  {
    kernel: 'RealDiv',
    inputs: ['a', 'b'],
    gradient: (dy, saved) => ({
      a: () => reduceTo(tf.div(dy, s(saved, 1)), s(saved, 0).shape),
      b: () => reduceTo(tf.neg(tf.div(tf.mul(dy, s(saved, 0)), tf.square(s(saved, 1)))), s(saved, 1).shape),
    }),
  },
  { kernel: 'Neg', gradient: (dy) => ({ x: () => tf.neg(dy) }) },
  { kernel: 'Identity', gradient: (dy) => ({ x: () => tf.clone(dy) }) },
  { kernel: 'Cast', gradient: (dy) => ({ x: () => tf.clone(dy) }) },
  { kernel: 'Reshape', inputs: ['x'], gradient: (dy, saved) => ({ x: () => tf.reshape(dy, s(saved, 0).shape) }) },
  {
    kernel: 'ExpandDims',
    inputs: ['input'],
    gradient: (dy, saved) => ({ input: () => tf.reshape(dy, s(saved, 0).shape) }),
  },
  {
    kernel: 'Transpose',
    gradient: (dy, _saved, { perm }) => ({
      x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[])),
    }),
  },
  {
    kernel: 'Sum',
    inputs: ['x'],
    gradient: (dy, saved, { axis }) => ({
      x: () => {
        const { shape } = s(saved, 0);
        const kept = [...shape];
        for (const i of tf.util.parseAxisParam(axis as number[], shape)) kept[i] = 1;
        return tf.broadcastTo(tf.reshape(dy, kept), [...shape]);
      },
    }),
  },
  {
    kernel: 'Mean',
    inputs: ['x'],
    gradient: (dy, saved, { axis }) => ({
      x: () => {
        const { shape } = s(saved, 0);
        const kept = [...shape];
        for (const i of tf.util.parseAxisParam(axis as number[], shape)) kept[i] = 1;
        const spread = tf.broadcastTo(tf.reshape(dy, kept), [...shape]);
        return tf.div(spread, s(saved, 0).size / dy.size);
      },
    }),
  },
  {
    kernel: 'Concat',
    all: true,
    gradient: (dy, saved, { axis }) => {
      const at = tf.util.parseAxisParam(axis as number, s(saved, 0).shape)[0] as number;
      let begin = 0;
      return Object.fromEntries(
        saved.map((part, i) => {
          const start = part.shape.map((_, d) => (d === at ? begin : 0));
          begin += part.shape[at] as number;
          return [`${i}`, () => tf.slice(dy, start, part.shape)];
        }),
      );
    },
  },
  {
    kernel: 'Slice',
    inputs: ['x'],
    gradient: (dy, saved, { begin, size }) => {
      const { shape } = s(saved, 0);
      const parsed = tf.slice_util.parseSliceParams(s(saved, 0), begin as number[], size as number[]);
      const [start, extent] = parsed as [number[], number[]];
      const padding = shape.map((length, i): [number, number] => [
        start[i] as number,
        length - (start[i] as number) - (extent[i] as number),
      ]);
      return { x: () => tf.pad(dy, padding) };
    },
  },
  {
    kernel: 'Tile',
    inputs: ['x'],
    gradient: (dy, saved, { reps }) => ({
      x: () => {
        // Every axis becomes (repetition, length); the repetitions are summed.
        const { shape } = s(saved, 0);
        const split = shape.flatMap((length, i) => [(reps as number[])[i] as number, length]);
        return tf.sum(
          tf.reshape(dy, split),
          shape.map((_, i) => 2 * i),
        );
      },
    }),
  },
  { kernel: 'Square', inputs: ['x'], gradient: (dy, saved) => ({ x: () => tf.mul(dy, tf.mul(s(saved, 0), 2)) }) },
  { kernel: 'Exp', outputs: [true], gradient: (dy, saved) => ({ x: () => tf.mul(dy, s(saved, 0)) }) },
  { kernel: 'Log', inputs: ['x'], gradient: (dy, saved) => ({ x: () => tf.div(dy, s(saved, 0)) }) },
  {
    kernel: 'Sqrt',
    inputs: ['x'],
    gradient: (dy, saved) => ({ x: () => tf.div(dy, tf.mul(tf.sqrt(s(saved, 0)), 2)) }),
  },
  {
    kernel: 'Sigmoid',
    outputs: [true],
    gradient: (dy, saved) => ({ x: () => tf.mul(dy, tf.mul(s(saved, 0), tf.sub(1, s(saved, 0)))) }),
  },
  { kernel: 'Softplus', inputs: ['x'], gradient: (dy, saved) => ({ x: () => tf.mul(dy, tf.sigmoid(s(saved, 0))) }) },
  { kernel: 'Relu', inputs: ['x'], gradient: (dy, saved) => ({ x: () => tf.mul(dy, tf.step(s(saved, 0))) }) },
  {
    kernel: 'Softmax',
    outputs: [true],
    gradient: (dy, saved, { dim }) => ({
      logits: () => {
        const weighted = tf.mul(dy, s(saved, 0));
        return tf.sub(weighted, tf.mul(tf.sum(weighted, dim as number, true), s(saved, 0)));
      },
    }),
  },
  {
    kernel: 'BatchMatMul',
    inputs: ['a', 'b'],
    gradient: (dy, saved, { transposeA, transposeB }) => {
      const [a, b] = [s(saved, 0), s(saved, 1)];
      const ofA = () => (transposeA ? tf.matMul(b, dy, !!transposeB, true) : tf.matMul(dy, b, false, !transposeB));
      const ofB = () => (transposeB ? tf.matMul(dy, a, true, !!transposeA) : tf.matMul(a, dy, !transposeA, false));
      return { a: () => reduceTo(ofA(), a.shape), b: () => reduceTo(ofB(), b.shape) };
    },
  },
];

/** Registers the gradients that no other package, such as `@tensorflow/tfjs`, has registered. Idempotent. */
export function registerGradients(): void {
  for (const { kernel, inputs, outputs, all, gradient } of table) {
    if (tf.getGradient(kernel)) continue;
    tf.registerGradient({
      kernelName: kernel,
      inputsToSave: inputs ?? [],
      outputsToSave: outputs ?? [],
      saveAllInputs: all ?? false,
      gradFunc: (dy, saved, attributes) => gradient(dy as tf.Tensor, saved, attributes as Record<string, unknown>),
    });
  }
}
