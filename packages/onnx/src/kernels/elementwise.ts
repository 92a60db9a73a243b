// Kernels that work on each element, with broadcasting.
import type { Value } from '../graph.ts';
import { broadcast, cast, type RecordedKernel } from './kernel.ts';

const binary =
  (operation: string): RecordedKernel =>
  ({ graph, inputs: { a, b } }) =>
    graph.add(operation, [a as Value, b as Value], broadcast(a as Value, b as Value));

const comparison =
  (operation: string): RecordedKernel =>
  ({ graph, inputs: { a, b } }) =>
    graph.add(operation, [a as Value, b as Value], broadcast(a as Value, b as Value), { type: 'bool' });

/** TensorFlow.js names the input of most of them `x`. */
const unary =
  (operation: string): RecordedKernel =>
  ({ graph, inputs: { x } }) =>
    graph.add(operation, [x as Value], (x as Value).shape);

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
  LogicalAnd: comparison('And'),
  LogicalOr: comparison('Or'),
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
  Tanh: unary('Tanh'),
  Erf: unary('Erf'),
  Sigmoid: unary('Sigmoid'),
  Softplus: unary('Softplus'),
  Relu: unary('Relu'),
  Relu6: ({ graph, inputs: { x } }) =>
    graph.add('Clip', [x as Value, graph.scalar(0), graph.scalar(6)], (x as Value).shape),
  Elu: unary('Elu'),
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
  Step: ({ graph, inputs: { x }, attributes, refuse }) => {
    if (attributes.alpha) refuse('alpha 0', `${attributes.alpha}`);
    return cast(
      graph,
      graph.add('Greater', [x as Value, graph.scalar(0)], (x as Value).shape, { type: 'bool' }),
      'float32',
    );
  },
  ClipByValue: ({ graph, inputs: { x }, attributes: { clipValueMin, clipValueMax } }) =>
    graph.add('Clip', [x as Value, graph.scalar(clipValueMin), graph.scalar(clipValueMax)], (x as Value).shape),
  Select: ({ graph, inputs: { condition, t, e } }) => {
    const shape = broadcast(condition as Value, { ...(t as Value), shape: broadcast(t as Value, e as Value) });
    return graph.add('Where', [condition as Value, t as Value, e as Value], shape, { type: (t as Value).type });
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
