import { selectBackend } from '@medclipseg/backends';
import { registerGradients } from '@medclipseg/nn';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { difference, type Fn, float, int } from './fixtures/compare.ts';
import { type InputDescription, isOnnxError, TraceError, trace } from './index.ts';
import type { TensorData } from './session/session.ts';

const rowsOf = ({ shape }: tf.Tensor) => shape[0] as number;

const x = float([2, 3, 4]);
const positive = float([2, 3, 4], 0.5, 1);
const image = float([2, 8, 9, 3]);

/** Functions by the kernels that they need; each is compared with TensorFlow.js. */
const FUNCTIONS: Record<string, { fn: Fn; inputs: Record<string, TensorData> }> = {
  'arithmetic with broadcasting': {
    inputs: { x, b: float([4]) },
    fn: ({ x, b }) => ({ y: tf.div(tf.sub(tf.mul(tf.add(x, b), x), 2), tf.add(tf.square(b), 1)) }),
  },
  'comparisons and choice': {
    inputs: { x, b: float([3, 4]) },
    fn: ({ x, b }) => ({
      greater: tf.greater(x, b),
      same: tf.notEqual(x, b),
      both: tf.logicalAnd(tf.greaterEqual(x, 0), tf.less(x, 0.5)),
      chosen: tf.where(tf.lessEqual(x, b), x, b),
      step: tf.step(x),
      clipped: tf.clipByValue(x, -0.3, 0.4),
    }),
  },
  'functions of one value': {
    inputs: { x, positive },
    fn: ({ x, positive }) => ({
      y: tf.addN([tf.exp(x), tf.erf(x), tf.sigmoid(x), tf.softplus(x), tf.tanh(x), tf.abs(x), tf.relu(x)]),
      n: tf.neg(x),
      z: tf.addN([tf.log(positive), tf.sqrt(positive), tf.rsqrt(positive), tf.reciprocal(positive), tf.floor(x)]),
      e: tf.add(tf.expm1(x), tf.log1p(positive)),
      l: tf.add(tf.leakyRelu(x, 0.1), tf.relu6(x)),
    }),
  },
  reductions: {
    inputs: { x },
    fn: ({ x }) => ({
      sum: tf.sum(x, [0, 2]),
      mean: tf.mean(x, -1, true),
      max: tf.max(x, 1),
      min: tf.min(x),
      all: tf.mean(x),
      first: tf.argMax(x, 1),
      soft: tf.softmax(x),
      log: tf.logSoftmax(x),
      running: tf.cumsum(x, 2, true, true),
    }),
  },
  layout: {
    inputs: { x, i: int([3], [2, 0, 1]) },
    fn: ({ x, i }) => {
      const [first, second] = tf.split(x, [1, 3], 2) as [tf.Tensor, tf.Tensor];
      return {
        transposed: tf.transpose(tf.reshape(x, [4, 3, 2]), [2, 0, 1]),
        joined: tf.concat([x, x, second], 2),
        stacked: tf.stack([x, tf.neg(x)], 1),
        unstacked: tf.unstack(x, 1)[2] as tf.Tensor,
        sliced: tf.slice(x, [0, 1, 1], [2, 2, -1]),
        strided: tf.stridedSlice(x, [0, 2, 3], [2, 0, 0], [1, -1, -2]),
        reversed: tf.reverse(x, [0, 2]),
        gathered: tf.gather(x, tf.cast(i, 'int32'), 1),
        oneHot: tf.oneHot(tf.cast(i, 'int32'), 5, 3, -1),
        tiled: tf.tile(first, [1, 2, 3]),
        padded: tf.pad(
          x,
          [
            [0, 0],
            [1, 0],
            [2, 3],
          ],
          7,
        ),
        broadcast: tf.broadcastTo(first, [2, 3, 5]),
        zeros: tf.onesLike(x),
      };
    },
  },
  products: {
    inputs: { a: float([2, 3, 4]), b: float([2, 4, 5]), c: float([4, 6]), d: float([2, 5, 4]) },
    fn: ({ a, b, c, d }) => ({
      batched: tf.matMul(a, b),
      turned: tf.matMul(a, d, false, true),
      both: tf.matMul(b, a, true, true),
      shared: tf.matMul(a, c),
      flat: tf.matMul(c, c, true, false),
    }),
  },
  convolutions: {
    inputs: { image, filter: float([3, 2, 3, 4]), depthwise: float([3, 3, 3, 2]), up: float([2, 2, 5, 3]) },
    fn: ({ image, filter, depthwise, up }) => ({
      same: tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, [2, 1], 'same'),
      dilated: tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid', 'NHWC', 2),
      separate: tf.depthwiseConv2d(image as tf.Tensor4D, depthwise as tf.Tensor4D, 1, 'same'),
      larger: tf.conv2dTranspose(image as tf.Tensor4D, up as tf.Tensor4D, [2, 16, 18, 5], 2, 'valid'),
      pooled: tf.maxPool(image as tf.Tensor4D, 2, 2, 'same'),
      averaged: tf.avgPool(image as tf.Tensor4D, 3, 2, 'valid'),
      resized: tf.image.resizeBilinear(image as tf.Tensor4D, [5, 20], false, true),
      fused: tf.fused.conv2d({
        x: image as tf.Tensor4D,
        filter: filter as tf.Tensor4D,
        strides: 1,
        pad: 'same',
        bias: tf.tensor1d([1, 2, 3, 4]),
        activation: 'relu',
      }),
    }),
  },
};

eachBackend('traced functions', () => {
  for (const [name, { fn, inputs }] of Object.entries(FUNCTIONS))
    it(`give the same results: ${name}`, async () => {
      expect(await difference(fn, inputs)).toBeLessThan(2e-6);
    });

  it('give the same gradients', async () => {
    registerGradients();
    const loss: Fn = ({ x, w }) => {
      const { value, grads } = tf.valueAndGrads((x: tf.Tensor, w: tf.Tensor) =>
        tf.mean(tf.square(tf.softmax(tf.matMul(tf.sigmoid(x), w)))),
      )([x as tf.Tensor, w as tf.Tensor]);
      return { value, dx: grads[0] as tf.Tensor, dw: grads[1] as tf.Tensor };
    };
    expect(await difference(loss, { x: float([3, 4]), w: float([4, 5]) })).toBeLessThan(1e-6);
  });

  it('accept any size for symbolic dimensions', async () => {
    const fn: Fn = ({ x, ids }) => {
      const [rows, width] = x.shape as [number, number, number];
      const embedded = tf.gather(
        tf.tensor2d([
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ]),
        tf.cast(ids, 'int32'),
      );
      const flat = tf.reshape(tf.add(x, tf.reshape(embedded, [rows, 1, 4])), [rows * width, 4]);
      return { y: tf.reshape(tf.concat([flat, tf.ones(flat.shape)], 1), [rows, width, 8]) };
    };
    const shapes = { x: { shape: ['rows', 3, 4] }, ids: { shape: ['rows'], dtype: 'int32' } } as const;
    for (const rows of [1, 2, 7]) {
      const inputs = {
        x: float([rows, 3, 4]),
        ids: int(
          [rows],
          Array.from({ length: rows }, (_, i) => i % 2),
        ),
      };
      expect(await difference(fn, inputs, { shapes })).toBe(0);
    }
  });

  it('leave neither tensors nor another backend, also when they fail', () => {
    const [backend, before] = [tf.getBackend(), tf.memory().numTensors];
    const w = tf.ones([2, 2]);
    trace(({ x }) => ({ y: tf.matMul(x as tf.Tensor, tf.variable(w)) }), { x: { shape: [2, 2] } });
    const large = Array.from({ length: 20_000 }, (_, i) => i);
    expect(() => trace(() => ({ v: tf.variable(tf.ones([2])), y: tf.tensor(large) }), {})).toThrow(TraceError);
    expect([tf.getBackend(), tf.memory().numTensors - 1]).toEqual([backend, before]);
    w.dispose();
  });
});

describe('trace', () => {
  const refused = (fn: Fn, inputs: Record<string, InputDescription> = { x: { shape: [4] } }) => {
    try {
      trace(fn as (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>, inputs);
    } catch (error) {
      return error as TraceError;
    }
    throw new Error('expected a refusal');
  };

  it.each([
    ['reading values', (x: tf.Tensor) => tf.scalar(x.dataSync()[0] as number), 'data', /a read of values/],
    ['a kernel without an ONNX form', (x: tf.Tensor) => tf.fft(tf.complex(x, x)), 'Complex', /got none/],
    ['a large constant', (x: tf.Tensor) => tf.add(x, tf.randomNormal([10_000, 4])), 'constant', /40000 of shape/],
  ])('refuses %s, naming operation and place', (_, fn, operation, message) => {
    const error = refused(({ x }) => ({ y: fn(x as tf.Tensor) }));
    expect(error).toBeInstanceOf(TraceError);
    expect(error.operation).toBe(operation);
    expect(error.message).toMatch(message);
    expect(error.place).toMatch(/trace\.test\.ts:\d+:\d+$/);
  });

  it('refuses numbers and constants that depend on a symbolic dimension', () => {
    const inputs = { x: { shape: ['batch', 2] } };
    const scaled: Fn = ({ x }) => ({ y: tf.div(x, rowsOf(x) * 2) });
    const mask: Fn = ({ x }) => ({
      y: tf.add(
        x,
        tf.tensor2d(
          Array.from({ length: rowsOf(x) * 2 }, (_, i) => i),
          [rowsOf(x), 2],
        ),
      ),
    });
    expect(refused(scaled, inputs).message).toMatch(
      /expected nothing that depends on 'batch' but sizes that are multiples/,
    );
    expect(refused(mask, inputs).message).toMatch(/\[batch,2\] values made in JavaScript/);
  });

  it.each<[string, Fn]>([
    ['a part of the rows', ({ x }) => ({ y: tf.slice(x, 0, rowsOf(x) - 1) })],
    ['rows joined to others', ({ x }) => ({ y: tf.concat([x, tf.ones([1, 9, 4])], 0) })],
    [
      'padding',
      ({ x }) => ({
        y: tf.pad(x, [
          [1, 0],
          [0, 0],
          [0, 0],
        ]),
      }),
    ],
    ['half of the rows', ({ x }) => ({ y: tf.slice(x, 0, Math.floor(rowsOf(x) / 2)) })],
    ['a window over them', ({ x }) => ({ y: tf.maxPool(tf.transpose(x, [1, 0, 2]) as tf.Tensor3D, 2, 2, 'valid') })],
    ['a mean over them in JavaScript', ({ x }) => ({ y: tf.mul(tf.sum(x, 0), 1 / rowsOf(x)) })],
    ['a loop over them', ({ x }) => ({ y: tf.addN(tf.unstack(tf.slice(x, 0, rowsOf(x) % 7))) })],
    ['an output without a node', ({ x }) => ({ y: tf.scalar(rowsOf(x)) })],
  ])('refuses sizes that a file would fix: %s', (_, fn) => {
    const error = refused(fn, { x: { shape: ['batch', 9, 4] } });
    expect(error).toBeInstanceOf(TraceError);
    expect(error.message).toMatch(/'batch'|fixed size|symbolic/);
  });

  it('refuses what is not a synchronous function, a second trace, and conflicting inputs', () => {
    expect(() => trace((async () => ({})) as never, {})).toThrow(/got a promise/);
    expect(() => trace(() => trace(() => ({}), {}) as never, {})).toThrow(/Trace one by one/);
    const twice = (shape: number[]) => trace((_, declare) => ({ a: declare('n', [2]), b: declare('n', shape) }), {});
    expect(twice([2]).inputs).toHaveLength(1);
    expect(() => twice([3])).toThrow(/input 'n': expected float32 \[2\]/);
    expect(() => trace(({ x }) => ({ x: tf.neg(x) }), { x: { shape: [1] } })).toThrow(/output 'x'/);
    const error = (() => {
      try {
        twice([3]);
      } catch (error) {
        return error;
      }
    })();
    expect([isOnnxError(error), isOnnxError(error, 'onnx/arguments'), isOnnxError(error, 'onnx/trace')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('gives equal small constants once, and drops what no output needs', async () => {
    await selectBackend('cpu');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 8 }), (values) => {
        const graph = trace(
          ({ x }) => {
            tf.exp(x as tf.Tensor);
            return { y: values.reduce<tf.Tensor>((sum, value) => tf.add(sum, value), x as tf.Tensor) };
          },
          { x: { shape: [1] } },
        );
        const constants = new Set(
          graph
            .nodes()
            .flatMap(({ inputs }) => inputs)
            .filter(({ source }) => source.kind === 'constant'),
        );
        expect(graph.nodes()).toHaveLength(values.length);
        expect(constants.size).toBe(new Set(values).size);
      }),
      { numRuns: 20 },
    );
  });
});
