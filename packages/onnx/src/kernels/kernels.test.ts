import { selectBackend } from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { difference, type Fn, float, int } from '../fixtures/compare.ts';
import type { TensorData } from '../session/session.ts';

interface Case {
  readonly fn: Fn;
  readonly inputs: Readonly<Record<string, TensorData>>;
}

beforeAll(async () => {
  await selectBackend('cpu');
});

const size = fc.integer({ min: 1, max: 7 });
const shape = (rank: number) => fc.array(size, { minLength: rank, maxLength: rank });
const anyShape = fc.array(size, { minLength: 1, maxLength: 4 });
const padding = fc.constantFrom('same' as const, 'valid' as const);

/** An image that a window of 3 fits into, also with a dilation of 2. */
const image = fc.tuple(size, fc.integer({ min: 5, max: 9 }), fc.integer({ min: 5, max: 9 }), size);

const window = fc.record({
  image,
  outputs: size,
  height: fc.integer({ min: 1, max: 3 }),
  width: fc.integer({ min: 1, max: 3 }),
  pad: padding,
  steps: fc.constantFrom(
    { stride: [1, 1] as [number, number], dilation: 1 },
    { stride: [2, 1] as [number, number], dilation: 1 },
    { stride: [2, 3] as [number, number], dilation: 1 },
    { stride: [1, 1] as [number, number], dilation: 2 },
  ),
});

const activation = fc.constantFrom('linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu');

const unary = (fn: (x: tf.Tensor) => tf.Tensor | Record<string, tf.Tensor>, scale = 2, offset = 0) =>
  anyShape.map(
    (s): Case => ({
      inputs: { x: float(s, scale, offset) },
      fn: ({ x }) => {
        const result = fn(x);
        return result instanceof tf.Tensor ? { y: result } : result;
      },
    }),
  );

const binary = (fn: (a: tf.Tensor, b: tf.Tensor) => Record<string, tf.Tensor>, offset = 0) =>
  fc.tuple(anyShape, fc.nat(15), fc.nat(15)).map(([s, broadcastA, broadcastB]): Case => {
    const part = (mask: number) => s.map((length, i) => ((mask >> i) & 1 ? 1 : length));
    return {
      inputs: { a: float(part(broadcastA), 3), b: float(part(broadcastB & ~broadcastA), 2, offset) },
      fn: ({ a, b }) => fn(a, b),
    };
  });

const integers = (fn: (a: tf.Tensor, b: tf.Tensor) => Record<string, tf.Tensor>) =>
  fc
    .array(
      fc.tuple(
        fc.integer({ min: -20, max: 20 }),
        fc.integer({ min: -5, max: 5 }).filter((v) => v !== 0),
      ),
      {
        minLength: 1,
        maxLength: 12,
      },
    )
    .map(
      (pairs): Case => ({
        inputs: {
          a: int(
            [pairs.length],
            pairs.map(([a]) => a),
          ),
          b: int(
            [pairs.length],
            pairs.map(([, b]) => b),
          ),
        },
        fn: ({ a, b }) => fn(a, b),
      }),
    );

const resize = (method: 'resizeBilinear' | 'resizeNearestNeighbor') =>
  fc
    .tuple(
      image,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom([false, false], [true, false], [false, true]),
    )
    .map(
      ([from, height, width, [align, half]]): Case => ({
        inputs: { x: float(from) },
        fn: ({ x }) => ({ y: tf.image[method](x, [height, width], align, half) }),
      }),
    );

/** Every kernel with shapes, steps and options as users have them. */
const CASES: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  'rounding and signs': unary((x) => ({
    floor: tf.floor(x),
    ceil: tf.ceil(x),
    round: tf.round(tf.mul(x, 2)),
    sign: tf.sign(x),
    step: tf.step(x, 0.3),
    absolute: tf.abs(x),
  })),
  activations: unary((x) => ({
    elu: tf.elu(x),
    selu: tf.selu(x),
    leaky: tf.leakyRelu(x, 0.3),
    relu6: tf.relu6(tf.mul(x, 4)),
    tanh: tf.tanh(x),
    softplus: tf.softplus(x),
    prelu: tf.prelu(x, tf.scalar(0.2)),
    clipped: tf.clipByValue(x, -0.5, 1),
  })),
  // Its logarithm is x itself there: an absolute error of 1e-7 would be all of the value.
  'softplus far below zero': unary((x) => ({ y: tf.log(tf.softplus(x)) }), 2, -20),
  angles: unary(
    (x) => ({
      sin: tf.sin(x),
      cos: tf.cos(x),
      tan: tf.tan(x),
      asin: tf.asin(x),
      acos: tf.acos(x),
      atan: tf.atan(x),
      sinh: tf.sinh(x),
      cosh: tf.cosh(x),
      asinh: tf.asinh(x),
      atanh: tf.atanh(x),
      acosh: tf.acosh(tf.add(x, 2.5)),
    }),
    0.9,
  ),
  'numbers that are not finite': unary((x) => {
    const y = tf.log(x);
    return { nan: tf.isNaN(y), infinite: tf.isInf(tf.div(1, tf.relu(x))), finite: tf.isFinite(y) };
  }),
  arithmetic: binary(
    (a, b) => ({
      larger: tf.maximum(a, b),
      smaller: tf.minimum(a, b),
      difference: tf.squaredDifference(a, b),
      power: tf.pow(b, a),
      quotient: tf.div(a, b),
      remainder: tf.mod(a, b),
      floored: tf.floorDiv(a, b),
    }),
    2.5,
  ),
  'remainders by numbers of both signs': binary((a, b) => ({ y: tf.mod(a, b) })),
  integers: integers((a, b) => ({
    remainder: tf.mod(a, b),
    quotient: tf.floorDiv(a, b),
    larger: tf.maximum(a, b),
    clipped: tf.clipByValue(a, -3, 7),
    relu: tf.relu(a),
    mean: tf.mean(a),
    product: tf.prod(b),
    sum: tf.sum(a),
    float: tf.cast(a, 'float32'),
    bool: tf.cast(a, 'bool'),
    positive: tf.step(a),
    chosen: tf.where(tf.greater(a, b), a, b),
  })),
  comparisons: binary((a, b) => ({
    above: tf.greater(a, b),
    atLeast: tf.greaterEqual(a, b),
    below: tf.less(a, b),
    atMost: tf.lessEqual(a, b),
    same: tf.equal(a, a),
    different: tf.notEqual(a, b),
    either: tf.logicalXor(tf.greater(a, 0), tf.greater(b, 0)),
    ordered: tf.greater(tf.greater(a, 0), tf.greater(b, 0)),
    chosen: tf.where(tf.greater(a, b), a, b),
    chosenTruth: tf.where(tf.greater(a, b), tf.greater(a, 0), tf.greater(b, 0)),
  })),
  reductions: fc.tuple(anyShape, fc.nat(3), fc.boolean()).map(([s, last, keep]): Case => {
    const axis = Math.min(last, s.length - 1);
    return {
      inputs: { x: float(s) },
      fn: ({ x }) => ({
        sum: tf.sum(x, axis, keep),
        mean: tf.mean(
          x,
          [0, axis].filter((value, i, all) => all.indexOf(value) === i),
          keep,
        ),
        max: tf.max(x, axis, keep),
        min: tf.min(x, axis, keep),
        product: tf.prod(x, axis, keep),
        all: tf.all(tf.greater(x, -0.9), axis, keep),
        any: tf.any(tf.greater(x, 0.9), axis, keep),
        first: tf.argMax(x, axis),
        least: tf.argMin(x, axis),
        running: tf.cumsum(x, axis),
        soft: tf.softmax(x),
        log: tf.logSoftmax(x),
        exponents: tf.logSumExp(x, axis, keep),
      }),
    };
  }),
  parts: fc.tuple(shape(3), fc.nat(2), fc.constantFrom(1, 2, 3)).map(([s, axis, parts]): Case => {
    const whole = s.with(axis, (s[axis] as number) * parts);
    return {
      inputs: { x: float(whole) },
      fn: ({ x }) => ({
        ...Object.fromEntries(tf.split(x, parts, axis).map((part, i) => [`part${i}`, tf.neg(part)])),
        last: tf.unstack(x, axis).at(-1) as tf.Tensor,
        stacked: tf.stack([x, x, tf.neg(x)], axis),
        every: tf.stridedSlice(
          x,
          [0, 0, 0],
          whole,
          [1, 2, 1].map((step, i) => (i === axis ? 2 : step)),
        ),
        gathered: tf.gather(x, tf.tensor1d([0, (whole[axis] as number) - 1, 0], 'int32'), axis),
        hot: tf.oneHot(tf.tensor1d([0, 2], 'int32'), 3),
        mirrored: tf.mirrorPad(
          x,
          whole.map((length) => [length - 1, Math.floor((length - 1) / 2)] as [number, number]),
          'reflect',
        ),
        symmetric: tf.mirrorPad(
          x,
          whole.map((length) => [length, 1] as [number, number]),
          'symmetric',
        ),
        contracted: tf.einsum('abc,adc->bd', x, x),
        truth: tf.concat([tf.greater(x, 0), tf.less(x, 0)], axis),
      }),
    };
  }),
  convolutions: fc.tuple(window, activation, fc.boolean()).map(([w, name, withBias]): Case => {
    const channels = w.image[3];
    return {
      inputs: {
        x: float(w.image),
        filter: float([w.height, w.width, channels, w.outputs]),
        deep: float([w.height, w.width, channels, 2]),
        bias: float([w.outputs]),
      },
      fn: ({ x, filter, deep, bias }) => {
        const shared = { strides: w.steps.stride, pad: w.pad, dilations: w.steps.dilation };
        const active = {
          activation: name as 'relu',
          leakyreluAlpha: 0.2,
          ...(name === 'prelu' && { preluActivationWeights: tf.scalar(0.3) }),
        };
        const square = Math.max(...w.steps.stride);
        return {
          plain: tf.conv2d(x, filter, w.steps.stride, w.pad, 'NHWC', w.steps.dilation),
          fused: tf.fused.conv2d({ x, filter, ...shared, ...active, ...(withBias && { bias }) }),
          depthwise: tf.depthwiseConv2d(x, deep, square, w.pad, 'NHWC', w.steps.dilation),
          fusedDepthwise: tf.fused.depthwiseConv2d({
            x,
            filter: deep,
            ...shared,
            strides: square,
            activation: 'relu6',
          }),
          separable: tf.separableConv2d(x, deep, tf.ones([1, 1, 2 * channels, 3]), square, w.pad),
        };
      },
    };
  }),
  pooling: window.map(
    (w): Case => ({
      inputs: { x: float(w.image) },
      fn: ({ x }) => ({
        largest: tf.maxPool(x, [w.height, w.width], w.steps.stride, w.pad),
        mean: tf.avgPool(x, [w.height, w.width], w.steps.stride, w.pad),
        dilated: tf.pool(x, [2, 2], 'max', w.pad, 2, 1),
        ceiling: tf.maxPool(x, [3, 3], 2, 1, 'ceil'),
        one: tf.avgPool(x, [x.shape[1], x.shape[2]], 1, 'valid'),
      }),
    }),
  ),
  volumes: fc.tuple(shape(5), padding, fc.constantFrom(1, 2)).map(
    ([s, pad, stride]): Case => ({
      inputs: { x: float(s.map((length, i) => (i === 0 || i === 4 ? Math.min(length, 2) : length + 1))) },
      fn: ({ x }) => ({
        convolved: tf.conv3d(x, tf.ones([2, 2, 2, x.shape[4], 3]), stride, pad),
        largest: tf.maxPool3d(x, 2, stride, pad),
        mean: tf.avgPool3d(x, 2, stride, pad),
      }),
    }),
  ),
  'transposed convolutions': window.map((w): Case => {
    const [batch, rows, columns, channels] = w.image;
    const stride = Math.max(...w.steps.stride);
    const extent = (length: number, kernel: number) =>
      w.pad === 'same' ? length * stride : (length - 1) * stride + kernel + stride - 1;
    return {
      inputs: { x: float(w.image), filter: float([3, 3, w.outputs, channels]) },
      fn: ({ x, filter }) => ({
        y: tf.conv2dTranspose(x, filter, [batch, extent(rows, 3), extent(columns, 3), w.outputs], stride, w.pad),
      }),
    };
  }),
  // By their kernels: TensorFlow.js registers no gradients of convolutions in Node.
  'gradients of convolutions': window.map((w): Case => {
    const [stride, filterShape] = [w.steps.stride, [w.height, w.width, w.image[3], w.outputs]];
    const attributes = { strides: stride, pad: w.pad, dataFormat: 'NHWC' };
    return {
      inputs: { x: float(w.image), filter: float(filterShape) },
      fn: ({ x, filter }) => {
        const dy = tf.conv2d(x, filter, stride, w.pad);
        const run = (name: string, inputs: Record<string, tf.Tensor>, extra: object = {}) =>
          tf.engine().runKernel(name, inputs, { ...attributes, ...extra }) as tf.Tensor;
        return {
          filterGradient: run('Conv2DBackpropFilter', { x, dy }, { filterShape }),
          inputGradient: run('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape }),
          elu: run('EluGrad', { dy, y: tf.elu(dy) }),
        };
      },
    };
  }),
  'gradients of depthwise convolutions': fc
    // The larger image is summed in strips of rows.
    .tuple(window, fc.oneof({ weight: 4, arbitrary: image }, fc.constant([1, 37, 61, 2] as const)))
    .map(([w, shape]): Case => {
      const [stride, filterShape] = [Math.max(...w.steps.stride), [w.height, w.width, shape[3], 2]];
      const attributes = { strides: [stride, stride], dilations: [1, 1], pad: w.pad };
      return {
        inputs: { x: float(shape), filter: float(filterShape) },
        fn: ({ x, filter }) => {
          const dy = tf.depthwiseConv2d(x, filter, stride, w.pad);
          const run = (name: string, inputs: Record<string, tf.Tensor>, extra: object) =>
            tf.engine().runKernel(name, inputs, { ...attributes, ...extra }) as tf.Tensor;
          return {
            filterGradient: run('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { filterShape }),
            inputGradient: run('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { inputShape: x.shape }),
          };
        },
      };
    }),
  blocks: fc.tuple(shape(4), fc.constantFrom(1, 2, 3)).map(([[batch, rows, columns, channels], block]): Case => {
    const spread = [(batch as number) * block ** 2, rows, columns, channels] as number[];
    return {
      inputs: {
        spread: float(spread),
        deep: float([batch, rows, columns, (channels as number) * block ** 2] as number[]),
        even: float([batch, (rows as number) * block, (columns as number) * block, channels] as number[]),
      },
      fn: ({ spread, deep, even }) => ({
        joined: tf.batchToSpaceND(
          spread,
          [block, block],
          [
            [0, 0],
            [0, block - 1],
          ],
        ),
        apart: tf.spaceToBatchND(
          even,
          [block, block],
          [
            [0, block],
            [0, 0],
          ],
        ),
        ...(block > 1 && { space: tf.depthToSpace(deep, block) }),
      }),
    };
  }),
  normalization: image.map(
    (s): Case => ({
      inputs: { x: float(s), mean: float([s[3]]), variance: float([s[3]], 0.5, 1), scale: float([s[3]]) },
      fn: ({ x, mean, variance, scale }) => ({
        four: tf.batchNorm(x, mean, variance, mean, scale, 1e-3),
        plain: tf.batchNorm(tf.reshape(x, [-1, s[3]]), mean, variance),
      }),
    }),
  ),
  'bilinear resizing': resize('resizeBilinear'),
  'nearest resizing': resize('resizeNearestNeighbor'),
};

describe('recorded kernels agree with the cpu backend for any shape', () => {
  for (const [name, arbitrary] of Object.entries(CASES))
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(arbitrary, async ({ fn, inputs }) => {
          expect(await difference(fn, inputs)).toBeLessThan(5e-6);
        }),
        { numRuns: 12 },
      );
    });
});
