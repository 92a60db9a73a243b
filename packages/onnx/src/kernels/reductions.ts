// Kernels that reduce axes.
import type { Value } from '../graph.ts';
import { axesOf, axisOf, cast, type RecordedKernel, reshape } from './kernel.ts';

const reduction =
  (operation: string): RecordedKernel =>
  ({ graph, inputs, attributes: { axis, reductionIndices, keepDims } }) => {
    const x = inputs.x as Value;
    const numbers =
      operation === 'ReduceMean' ? cast(graph, x, 'float32') : x.type === 'bool' ? cast(graph, x, 'int32') : x;
    const axes = axesOf(axis ?? reductionIndices, numbers);
    const shape = numbers.shape.flatMap((size, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [size]));
    if (axes.every((i) => numbers.shape[i] === 1)) return reshape(graph, numbers, shape);
    const attributes = { keepdims: keepDims ? 1 : 0 };
    return graph.add(operation, [numbers, graph.int64(axes)], shape, { attributes });
  };

/** Of booleans, as the smallest or largest of 0 and 1. */
const logical =
  (operation: string): RecordedKernel =>
  (call) =>
    cast(call.graph, reduction(operation)(call) as Value, 'bool');

/** The place of the largest or smallest element. */
const extremum =
  (operation: string): RecordedKernel =>
  ({ graph, inputs, attributes }) => {
    const x = inputs.x as Value;
    const axis = axisOf(attributes.axis, x);
    const shape = x.shape.filter((_, i) => i !== axis);
    const index = graph.add(operation, [x], shape, { attributes: { axis, keepdims: 0 }, type: 'int64' });
    return cast(graph, index, 'int32');
  };

const alongAxis =
  (operation: string, name: string): RecordedKernel =>
  ({ graph, inputs: { logits }, attributes }) =>
    graph.add(operation, [logits as Value], (logits as Value).shape, {
      attributes: { axis: axisOf(attributes[name], logits as Value) },
    });

export const reductions: Readonly<Record<string, RecordedKernel>> = {
  Sum: reduction('ReduceSum'),
  Mean: reduction('ReduceMean'),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: extremum('ArgMax'),
  ArgMin: extremum('ArgMin'),
  Softmax: alongAxis('Softmax', 'dim'),
  LogSoftmax: alongAxis('LogSoftmax', 'axis'),
  Cumsum: ({ graph, inputs, attributes: { axis, exclusive, reverse } }) => {
    const x = inputs.x as Value;
    return graph.add('CumSum', [x, graph.constant(BigInt64Array.of(BigInt(axisOf(axis, x))), [], 'int64')], x.shape, {
      attributes: { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 },
    });
  },
};
