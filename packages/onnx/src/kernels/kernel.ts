// What a recorded kernel is: a function from values to values that adds nodes to the graph.
import * as tf from '@tensorflow/tfjs-core';
import { ELEMENT_TYPES, type ElementType, type Graph, type Value } from '../graph.ts';
import { type RecordingBackend, typed } from '../recorder.ts';

export interface KernelCall {
  readonly graph: Graph;
  readonly backend: RecordingBackend;
  /** Inputs by the names that TensorFlow.js gives them; optional ones may be missing. */
  readonly inputs: Readonly<Record<string, Value>>;
  // biome-ignore lint/suspicious/noExplicitAny: attributes differ from kernel to kernel, and TensorFlow.js checks them.
  readonly attributes: any;
  /** Ends the trace, naming the kernel and the place. */
  refuse(expected: string, actual: string, remedy?: string): never;
}

export type RecordedKernel = (call: KernelCall) => Value | Value[];

export const broadcast = (a: Value, b: Value): number[] =>
  tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);

export const sizeOf = (value: Value): number => tf.util.sizeFromShape([...value.shape]);

/** Axes counted from 0. */
export const axesOf = (axis: number | number[], { shape }: Value): number[] => tf.util.parseAxisParam(axis, [...shape]);

export const axisOf = (axis: number, value: Value): number => axesOf(axis, value)[0] as number;

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/** A reshaping; a chain of them is one. */
export function reshape(graph: Graph, value: Value, shape: readonly number[]): Value {
  let root = value;
  while (root.source.kind === 'node' && root.source.node.operation === 'Reshape')
    root = root.source.node.inputs[0] as Value;
  for (const known of [root, value]) if (sameShape(known.shape, shape)) return known;
  return graph.add('Reshape', [root, graph.reshapeTarget(shape)], shape);
}

/** A transposition; a chain of them is one, and moving only axes of length one is a reshaping. */
export function transpose(graph: Graph, value: Value, order: readonly number[]): Value {
  if (value.source.kind === 'node' && value.source.node.operation === 'Transpose') {
    const first = value.source.node.attributes.perm as readonly number[];
    return transpose(
      graph,
      value.source.node.inputs[0] as Value,
      order.map((axis) => first[axis] as number),
    );
  }
  const shape = order.map((axis) => value.shape[axis] as number);
  const moved = order.filter((axis) => value.shape[axis] !== 1);
  if (moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number))) return reshape(graph, value, shape);
  return graph.add('Transpose', [value], shape, { attributes: { perm: order } });
}

export function cast(graph: Graph, value: Value, type: ElementType): Value {
  if (value.type === type) return value;
  return graph.add('Cast', [value], value.shape, { attributes: { to: ELEMENT_TYPES[type] }, type });
}

/** A part of a value with unit steps. */
export function slice(graph: Graph, value: Value, begin: readonly number[], size: readonly number[]): Value {
  const axes = [...value.shape.keys()].filter((axis) => begin[axis] !== 0 || size[axis] !== value.shape[axis]);
  if (axes.length === 0) return value;
  const starts = axes.map((axis) => begin[axis] as number);
  const ends = axes.map((axis) => (begin[axis] as number) + (size[axis] as number));
  const inputs = [value, graph.shapeValue(starts), graph.shapeValue(ends), graph.int64(axes)];
  return graph.add('Slice', inputs, size);
}

/** A number as a scalar of the type of another value. */
export const scalarLike = (graph: Graph, { type }: Value, value: number): Value =>
  graph.constant(typed([value], type), [], type);

const ACTIVATIONS: Readonly<Record<string, string>> = { relu: 'Relu', sigmoid: 'Sigmoid', elu: 'Elu', tanh: 'Tanh' };

/** The activation that a fused kernel applies to its result. */
export function activated({ graph, inputs, attributes, refuse }: KernelCall, value: Value): Value {
  const { activation, leakyreluAlpha } = attributes;
  if (!activation || activation === 'linear') return value;
  if (activation === 'relu6') return graph.add('Clip', [value, graph.scalar(0), graph.scalar(6)], value.shape);
  if (activation === 'leakyrelu')
    return graph.add('LeakyRelu', [value], value.shape, { floats: { alpha: leakyreluAlpha ?? 0.2 } });
  if (activation === 'prelu') return graph.add('PRelu', [value, inputs.preluActivationWeights as Value], value.shape);
  const operation = ACTIVATIONS[activation] ?? refuse(`one of ${Object.keys(ACTIVATIONS).join(', ')}`, activation);
  return graph.add(operation, [value], value.shape);
}
