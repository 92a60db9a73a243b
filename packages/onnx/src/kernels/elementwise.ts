// Kernels that work on each element, with broadcasting.
import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.ts';
import { broadcast, cast, type KernelCall, type RecordedKernel, scalarLike } from './kernel.ts';

type Pair = Readonly<Record<'a' | 'b', Value>>;

const binary =
  (operation: string): RecordedKernel =>
  ({ graph, inputs, refuse }) => {
    const { a, b } = inputs as Pair;
    if (a.type === 'bool') refuse('numbers', 'bool', 'Cast to int32 or float32.');
    return graph.add(operation, [a, b], broadcast(a, b));
  };

const comparison =
  (operation: string): RecordedKernel =>
  ({ graph, inputs }) => {
    const { a, b } = inputs as Pair;
    // ONNX does not order booleans.
    const values =
      operation === 'Equal'
        ? [a, b]
        : [a, b].map((value) => (value.type === 'bool' ? cast(graph, value, 'int32') : value));
    return graph.add(operation, values, broadcast(a, b), { type: 'bool' });
  };

const logical =
  (operation: string): RecordedKernel =>
  ({ graph, inputs }) => {
    const { a, b } = inputs as Pair;
    return graph.add(operation, [a, b], broadcast(a, b), { type: 'bool' });
  };

/** TensorFlow.js names the input of most of them `x`. */
const unary =
  (operation: string): RecordedKernel =>
  ({ graph, inputs: { x } }) =>
    graph.add(operation, [x as Value], (x as Value).shape);

function clip({ graph, inputs }: KernelCall, low: number, high: number): Value {
  const x = inputs.x as Value;
  return graph.add('Clip', [x, scalarLike(graph, x, low), scalarLike(graph, x, high)], x.shape);
}

/** The remainder with the sign of the divisor. */
function modulo(graph: Graph, a: Value, b: Value): Value {
  const shape = broadcast(a, b);
  if (a.type === 'int32') return graph.add('Mod', [a, b], shape);
  const remainder = (value: Value) => graph.add('Mod', [value, b], shape, { attributes: { fmod: 1 } });
  const first = remainder(a);
  const negative = (value: Value) => graph.add('Less', [value, graph.scalar(0)], value.shape, { type: 'bool' });
  const same = graph.add('Equal', [negative(a), negative(b)], shape, { type: 'bool' });
  const turned = remainder(graph.add('Add', [first, b], shape));
  return graph.add('Where', [same, first, turned], shape, { type: 'float32' });
}

export const elementwise: Readonly<Record<string, RecordedKernel>> = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('Div'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow'),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  Equal: comparison('Equal'),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  LogicalXor: logical('Xor'),
  NotEqual: (call) => {
    const equal = comparison('Equal')(call) as Value;
    return call.graph.add('Not', [equal], equal.shape);
  },
  LogicalNot: unary('Not'),
  Neg: unary('Neg'),
  Abs: unary('Abs'),
  Exp: unary('Exp'),
  Log: unary('Log'),
  Sqrt: unary('Sqrt'),
  Reciprocal: unary('Reciprocal'),
  Floor: unary('Floor'),
  Ceil: unary('Ceil'),
  Round: unary('Round'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Cos: unary('Cos'),
  Tan: unary('Tan'),
  Asin: unary('Asin'),
  Acos: unary('Acos'),
  Atan: unary('Atan'),
  Sinh: unary('Sinh'),
  Cosh: unary('Cosh'),
  Asinh: unary('Asinh'),
  Acosh: unary('Acosh'),
  Atanh: unary('Atanh'),
  Tanh: unary('Tanh'),
  Erf: unary('Erf'),
  Sigmoid: unary('Sigmoid'),
  // max(x, 0) + log(1 + e), with e = exp(−|x|): ONNX Runtime's own Softplus is three times slower than these together. What the sum 1 + e has
  // lost of e by rounding is added again: below −17 that is all of it.
  Softplus: ({ graph, inputs }) => {
    const x = inputs.x as Value;
    const step = (operation: string, ...values: Value[]) => graph.add(operation, values, x.shape);
    const one = graph.scalar(1);
    const power = step('Exp', step('Neg', step('Abs', x)));
    const sum = step('Add', power, one);
    const lost = step('Sub', power, step('Sub', sum, one));
    return step('Add', step('Relu', x), step('Add', step('Log', sum), lost));
  },
  Relu: unary('Relu'),
  Relu6: (call) => clip(call, 0, 6),
  Elu: unary('Elu'),
  EluGrad: ({ graph, inputs }) => {
    const { dy, y } = inputs as Record<'dy' | 'y', Value>;
    const above = graph.add('GreaterOrEqual', [y, graph.scalar(0)], y.shape, { type: 'bool' });
    const slope = graph.add(
      'Where',
      [above, graph.scalar(1), graph.add('Add', [y, graph.scalar(1)], y.shape)],
      y.shape,
      {
        type: 'float32',
      },
    );
    return graph.add('Mul', [dy, slope], y.shape);
  },
  Selu: ({ graph, inputs: { x } }) => {
    const { SELU_SCALE: gamma, SELU_SCALEALPHA: product } = tf.backend_util;
    return graph.add('Selu', [x as Value], (x as Value).shape, { floats: { alpha: product / gamma, gamma } });
  },
  LeakyRelu: ({ graph, inputs: { x }, attributes }) =>
    graph.add('LeakyRelu', [x as Value], (x as Value).shape, { floats: { alpha: attributes.alpha } }),
  Expm1: ({ graph, inputs: { x } }) => {
    const power = graph.add('Exp', [x as Value], (x as Value).shape);
    return graph.add('Sub', [power, graph.scalar(1)], power.shape);
  },
  Log1p: ({ graph, inputs: { x } }) => {
    const sum = graph.add('Add', [x as Value, graph.scalar(1)], (x as Value).shape);
    return graph.add('Log', [sum], sum.shape);
  },
  Square: ({ graph, inputs: { x } }) => graph.add('Mul', [x as Value, x as Value], (x as Value).shape),
  SquaredDifference: ({ graph, inputs: { a, b } }) => {
    const difference = graph.add('Sub', [a as Value, b as Value], broadcast(a as Value, b as Value));
    return graph.add('Mul', [difference, difference], difference.shape);
  },
  Rsqrt: ({ graph, inputs: { x } }) => {
    const root = graph.add('Sqrt', [x as Value], (x as Value).shape);
    return graph.add('Reciprocal', [root], root.shape);
  },
  Step: ({ graph, inputs, attributes: { alpha } }) => {
    const x = inputs.x as Value;
    const above = graph.add('Greater', [x, scalarLike(graph, x, 0)], x.shape, { type: 'bool' });
    if (!alpha) return cast(graph, above, x.type);
    return graph.add('Where', [above, scalarLike(graph, x, 1), scalarLike(graph, x, alpha)], x.shape, { type: x.type });
  },
  ClipByValue: (call) => clip(call, call.attributes.clipValueMin, call.attributes.clipValueMax),
  Mod: ({ graph, inputs }) => {
    const { a, b } = inputs as Pair;
    return modulo(graph, a, b);
  },
  FloorDiv: ({ graph, inputs }) => {
    const { a, b } = inputs as Pair;
    const shape = broadcast(a, b);
    // Integer division truncates; without its remainder a quotient is exact.
    if (a.type === 'int32') return graph.add('Div', [graph.add('Sub', [a, modulo(graph, a, b)], shape), b], shape);
    return cast(graph, graph.add('Floor', [graph.add('Div', [a, b], shape)], shape), 'int32');
  },
  IsNan: ({ graph, inputs: { x } }) => graph.add('IsNaN', [x as Value], (x as Value).shape, { type: 'bool' }),
  IsInf: ({ graph, inputs: { x } }) => graph.add('IsInf', [x as Value], (x as Value).shape, { type: 'bool' }),
  IsFinite: ({ graph, inputs }) => {
    const x = inputs.x as Value;
    // Infinite numbers and NaN less themselves are NaN.
    const zero = graph.add('Sub', [x, x], x.shape);
    return graph.add('Equal', [zero, scalarLike(graph, x, 0)], x.shape, { type: 'bool' });
  },
  Select: ({ graph, inputs }) => {
    const { condition, t, e } = inputs as Record<'condition' | 't' | 'e', Value>;
    const shape = broadcast(condition, { ...t, shape: broadcast(t, e) });
    // Runtimes do not choose among booleans.
    const [yes, no] = t.type === 'bool' ? [cast(graph, t, 'int32'), cast(graph, e, 'int32')] : [t, e];
    return cast(graph, graph.add('Where', [condition, yes, no], shape, { type: yes.type }), t.type);
  },
  FusedBatchNorm: ({ graph, inputs, attributes: { varianceEpsilon } }) => {
    const { x, mean, variance, scale, offset } = inputs as Record<'x' | 'mean' | 'variance', Value> & typeof inputs;
    const root = graph.add(
      'Sqrt',
      [graph.add('Add', [variance, graph.scalar(varianceEpsilon)], variance.shape)],
      variance.shape,
    );
    const slope = scale ? graph.add('Div', [scale, root], root.shape) : graph.add('Reciprocal', [root], root.shape);
    const scaled = graph.add('Mul', [graph.add('Sub', [x, mean], x.shape), slope], x.shape);
    return offset ? graph.add('Add', [scaled, offset], x.shape) : scaled;
  },
  AddN: ({ graph, inputs }) => {
    const all = Object.values(inputs) as [Value];
    return all.length === 1 ? all[0] : graph.add('Sum', all, all[0].shape);
  },
  Cast: ({ graph, inputs: { x }, attributes }) => cast(graph, x as Value, attributes.dtype),
  Identity: ({ inputs: { x } }) => x as Value,
  Prelu: ({ graph, inputs: { x, alpha } }) => graph.add('PRelu', [x as Value, alpha as Value], (x as Value).shape),
};
