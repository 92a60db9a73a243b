// Matrix products.
import * as tf from '@tensorflow/tfjs-core';
import { type Graph, nodeOf, type Value } from '../graph.ts';
import { activated, broadcast, type RecordedKernel, reshape, transpose } from './kernel.ts';

const outerShape = ({ shape }: Value): readonly number[] => shape.slice(0, -2);

const matrixShape = ({ shape }: Value): [number, number] => [shape.at(-2) as number, shape.at(-1) as number];

const transposed = (graph: Graph, value: Value): Value => {
  const rank = value.shape.length;
  const order = value.shape.map((_, i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2));
  return transpose(graph, value, order);
};

/** Reshapings before a linear map over the last axis are not needed. */
const beforeReshaping = (value: Value): Value => {
  let root = value;
  for (let node = nodeOf(root, 'Reshape'); node; node = nodeOf(root, 'Reshape')) root = node.inputs[0] as Value;
  return root.shape.length >= 2 && root.shape.at(-1) === value.shape.at(-1) ? root : value;
};

interface Flags {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

function product(graph: Graph, a: Value, b: Value, { transposeA, transposeB }: Flags, bias?: Value): Value {
  const [rows, columns] = [matrixShape(a)[transposeA ? 1 : 0], matrixShape(b)[transposeB ? 0 : 1]];
  const outer = tf.broadcast_util.assertAndGetBroadcastShape([...outerShape(a)], [...outerShape(b)]);
  const shape = [...outer, rows, columns];
  const plusBias = (value: Value) => (bias ? graph.add('Add', [value, bias], broadcast(value, bias)) : value);
  const matrix = tf.util.sizeFromShape([...outerShape(b)]) === 1 ? reshape(graph, b, matrixShape(b)) : undefined;
  if (matrix && !transposeA && !transposeB) {
    const input = beforeReshaping(a);
    const output = graph.add('MatMul', [input, matrix], input.shape.with(-1, columns));
    return reshape(graph, plusBias(output), shape);
  }
  if (matrix && tf.util.sizeFromShape([...outerShape(a)]) === 1) {
    const inputs = [reshape(graph, a, matrixShape(a)), matrix, ...(bias ? [bias] : [])];
    const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
    return reshape(graph, graph.add('Gemm', inputs, [rows, columns], { attributes }), shape);
  }
  const factors = [transposeA ? transposed(graph, a) : a, transposeB ? transposed(graph, b) : b];
  return plusBias(graph.add('MatMul', factors, shape));
}

export const products: Readonly<Record<string, RecordedKernel>> = {
  BatchMatMul: ({ graph, inputs: { a, b }, attributes }) => product(graph, a as Value, b as Value, attributes),
  _FusedMatMul: (call) => {
    const { graph, inputs, attributes } = call;
    return activated(call, product(graph, inputs.a as Value, inputs.b as Value, attributes, inputs.bias));
  },
  Einsum: ({ graph, inputs, attributes: { equation } }) => {
    const factors = Object.values(inputs);
    const [terms, result] = equation.replaceAll(' ', '').split('->') as [string, string];
    const sizes = new Map(
      terms
        .split(',')
        .flatMap((term, i) => [...term].map((axis, j) => [axis, factors[i]?.shape[j] as number] as const)),
    );
    const shape = [...result].map((axis) => sizes.get(axis) as number);
    return graph.add('Einsum', factors, shape, { attributes: { equation: `${terms}->${result}` } });
  },
};
