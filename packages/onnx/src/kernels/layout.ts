// Kernels that move, join, repeat or choose elements, and those that make constants.
import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.ts';
import { typed } from '../recorder.ts';
import { axesOf, axisOf, cast, type RecordedKernel, reshape, sizeOf, slice, transpose } from './kernel.ts';

/** Largest end of a slice that counts backward past the first element. */
const BEFORE_FIRST = -(2 ** 31 - 1);

/** A shape with an axis of length one put in, as many times as there are values to join. */
const withAxis = (shape: readonly number[], axis: number): number[] => shape.toSpliced(axis, 0, 1);

/** Values joined along an axis. Copies of one value are a repetition, whose count may be symbolic. */
function join(graph: Graph, values: readonly Value[], axis: number): Value {
  const [first] = values as [Value];
  if (values.length === 1) return first;
  const length = values.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
  const shape = first.shape.with(axis, length);
  if (values.every((value) => value === first)) {
    if (first.shape[axis] === 1) return graph.add('Expand', [first, graph.shapeValue(shape)], shape);
    const repetitions = first.shape.map((_, i) => (i === axis ? values.length : 1));
    return graph.add('Tile', [first, graph.shapeValue(repetitions)], shape);
  }
  return graph.add('Concat', values, shape, { attributes: { axis } });
}

export const layout: Readonly<Record<string, RecordedKernel>> = {
  Reshape: ({ graph, inputs, attributes }) => {
    const x = inputs.x as Value;
    return reshape(graph, x, tf.util.inferFromImplicitShape(attributes.shape, sizeOf(x)));
  },
  ExpandDims: ({ graph, inputs, attributes: { dim } }) => {
    const x = inputs.input as Value;
    return reshape(graph, x, withAxis(x.shape, dim < 0 ? x.shape.length + 1 + dim : dim));
  },
  Transpose: ({ graph, inputs: { x }, attributes }) => transpose(graph, x as Value, attributes.perm),
  Concat: ({ graph, inputs, attributes }) => {
    const values = Object.values(inputs);
    const axis = axisOf(attributes.axis, values[0] as Value);
    const filled = values.filter((value) => sizeOf(value) > 0);
    return join(graph, filled.length > 0 ? filled : values.slice(0, 1), axis);
  },
  Pack: ({ graph, inputs, attributes }) => {
    const values = Object.values(inputs);
    const rank = (values[0] as Value).shape.length + 1;
    const axis = attributes.axis < 0 ? rank + attributes.axis : attributes.axis;
    return join(
      graph,
      values.map((value) => reshape(graph, value, withAxis(value.shape, axis))),
      axis,
    );
  },
  Unpack: ({ graph, inputs, attributes, refuse }) => {
    const x = inputs.value as Value;
    const axis = axisOf(attributes.axis, x);
    if (graph.dimensions.isSymbolic(x.shape[axis] as number)) refuse('an axis of fixed size', 'a symbolic dimension');
    return Array.from({ length: x.shape[axis] as number }, (_, i) => {
      const begin = x.shape.map((_, j) => (j === axis ? i : 0));
      return reshape(graph, slice(graph, x, begin, x.shape.with(axis, 1)), x.shape.toSpliced(axis, 1));
    });
  },
  SplitV: ({ graph, inputs, attributes }) => {
    const x = inputs.x as Value;
    const axis = axisOf(attributes.axis, x);
    let at = 0;
    return tf.backend_util.prepareSplitSize(x as unknown as tf.Tensor, attributes.numOrSizeSplits, axis).map((size) => {
      const begin = x.shape.map((_, i) => (i === axis ? at : 0));
      at += size;
      return slice(graph, x, begin, x.shape.with(axis, size));
    });
  },
  Slice: ({ graph, inputs, attributes }) => {
    const x = inputs.x as Value;
    const [begin, size] = tf.slice_util.parseSliceParams(x as unknown as tf.Tensor, attributes.begin, attributes.size);
    return slice(graph, x, begin as number[], size as number[]);
  },
  StridedSlice: ({ graph, inputs, attributes: a }) => {
    const x = inputs.x as Value;
    const { begin, end, strides, finalShape } = tf.slice_util.sliceInfo(
      [...x.shape],
      a.begin,
      a.end,
      a.strides,
      a.beginMask,
      a.endMask,
      a.ellipsisMask,
      a.newAxisMask,
      a.shrinkAxisMask,
    );
    const shape = begin.map((from, i) => Math.max(0, Math.ceil(((end[i] as number) - from) / (strides[i] as number))));
    // An end before the first element is -1 there, which ONNX would count from the back.
    const ends = end.map((to, i) => ((strides[i] as number) < 0 && to < 0 ? BEFORE_FIRST : to));
    const axes = [...x.shape.keys()];
    const inputsOfSlice = [x, graph.int64(begin), graph.int64(ends), graph.int64(axes), graph.int64(strides)];
    return reshape(graph, graph.add('Slice', inputsOfSlice, shape), finalShape);
  },
  Reverse: ({ graph, inputs, attributes }) => {
    const x = inputs.x as Value;
    const axes = axesOf(attributes.dims, x);
    const every = (value: number) => graph.int64(axes.map(() => value));
    return graph.add('Slice', [x, every(-1), every(BEFORE_FIRST), graph.int64(axes), every(-1)], x.shape);
  },
  GatherV2: ({ graph, inputs, attributes, refuse }) => {
    const { x, indices } = inputs as { x: Value; indices: Value };
    if (attributes.batchDims) refuse('no batch dimensions', `${attributes.batchDims}`);
    const axis = axisOf(attributes.axis, x);
    return graph.add('Gather', [x, indices], x.shape.toSpliced(axis, 1, ...indices.shape), { attributes: { axis } });
  },
  OneHot: ({ graph, inputs, attributes: { depth, onValue, offValue, dtype } }) => {
    const indices = inputs.indices as Value;
    const classes = graph.constant(
      Int32Array.from({ length: depth }, (_, i) => i),
      [depth],
      'int32',
    );
    const shape = [...indices.shape, depth];
    const equal = graph.add('Equal', [reshape(graph, indices, [...indices.shape, 1]), classes], shape, {
      type: 'bool',
    });
    const type = dtype ?? 'int32';
    if (onValue === 1 && offValue === 0) return cast(graph, equal, type);
    const scalar = (value: number) => graph.constant(typed([value], type), [], type);
    return graph.add('Where', [equal, scalar(onValue), scalar(offValue)], shape, { type });
  },
  Tile: ({ graph, inputs, attributes: { reps } }) => {
    const x = inputs.x as Value;
    if (reps.every((count: number) => count === 1)) return x;
    const shape = x.shape.map((size, i) => size * reps[i]);
    return x.shape.every((size, i) => size === 1 || reps[i] === 1)
      ? graph.add('Expand', [x, graph.shapeValue(shape)], shape)
      : graph.add('Tile', [x, graph.shapeValue(reps)], shape);
  },
  BroadcastTo: ({ graph, inputs: { x }, attributes: { shape } }) =>
    graph.add('Expand', [x as Value, graph.shapeValue(shape)], shape),
  PadV2: ({ graph, inputs, attributes: { paddings, constantValue } }) => {
    const x = inputs.x as Value;
    const pairs = paddings as readonly (readonly [number, number])[];
    if (pairs.every(([before, after]) => before === 0 && after === 0)) return x;
    const pads = graph.int64([...pairs.map(([before]) => before), ...pairs.map(([, after]) => after)]);
    const shape = x.shape.map((size, i) => size + (pairs[i]?.[0] ?? 0) + (pairs[i]?.[1] ?? 0));
    const value = graph.constant(typed([constantValue], x.type), [], x.type);
    return graph.add('Pad', [x, pads, value], shape, { attributes: { mode: 'constant' } });
  },
  Range: ({ graph, attributes: { start, stop, step, dtype } }) => {
    const type = dtype ?? 'float32';
    const length = Math.max(0, Math.ceil((stop - start) / step));
    return graph.constant(
      typed(
        Array.from({ length }, (_, i) => start + i * step),
        type,
      ),
      [length],
      type,
    );
  },
  LinSpace: ({ graph, attributes: { start, stop, num } }) => {
    const step = (stop - start) / (num - 1);
    const values = Float32Array.from({ length: num }, (_, i) => start + (num > 1 ? i * step : 0));
    return graph.constant(values, [num], 'float32');
  },
  Fill: ({ backend, attributes: { value, shape, dtype } }) => backend.filled(value, shape, dtype ?? 'float32'),
  ZerosLike: ({ backend, inputs: { x } }) => backend.filled(0, (x as Value).shape, (x as Value).type),
  OnesLike: ({ backend, inputs: { x } }) => backend.filled(1, (x as Value).shape, (x as Value).type),
};
