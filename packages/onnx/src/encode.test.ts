import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHalf } from './half.ts';
import { type EncodedModel, encodeOnnx, fusePatterns, type Graph, isOnnxError, trace } from './index.ts';
import { compile, type Session } from './node.ts';

let folder: string;

beforeAll(async () => {
  await selectBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'onnx-'));
});
afterAll(() => rm(folder, { recursive: true }));

const WIDTH = 72;
const weights = () => tf.randomNormal([WIDTH, WIDTH], 0, 1, 'float32', 3);
const rows = (count: number) => ({
  type: 'float32' as const,
  shape: [count, WIDTH],
  data: Float32Array.from({ length: count * WIDTH }, (_, i) => Math.cos(i * i)),
});

/** Two linear maps with one weight matrix, and what they give for some rows. */
function linearMaps() {
  const w = weights();
  const bias = tf.linspace(0, 1, WIDTH);
  const map = (x: tf.Tensor) => tf.matMul(tf.relu(tf.add(tf.matMul(x, w as tf.Tensor2D), bias)), w as tf.Tensor2D);
  const graph = trace(
    ({ x }) => ({ y: map(x) }),
    { x: { shape: ['rows', WIDTH] } },
    { parameters: { 'a.weight': w, bias } },
  );
  const expected = (count: number) =>
    tf.tidy(() => map(tf.tensor(rows(count).data, [count, WIDTH])).dataSync() as Float32Array);
  return { w, bias, graph, expected };
}

async function writeTo(path: string, model: EncodedModel, data?: string): Promise<string> {
  await writeFile(path, model.model);
  if (data) {
    const file = await open(data, 'w');
    for await (const bytes of model.data()) await file.write(bytes);
    await file.close();
  }
  return path;
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] as number))), 0);

const output = async (session: Session, count: number) =>
  (await session.run({ x: rows(count) })).y?.data as Float32Array;

describe('encodeOnnx', () => {
  it('puts weights into the model, or into a file next to it, each once', async () => {
    const { graph, expected } = linearMaps();
    const inline = await compile(await encodeOnnx(graph));
    const encoded = await encodeOnnx(graph, { weights: { kind: 'external', file: 'model.data' } });
    expect(encoded.model.length).toBeLessThan(2000);
    const external = await compile(await writeTo(join(folder, 'model.onnx'), encoded, join(folder, 'model.data')));
    const wanted = expected(3);
    expect(largest(await output(inline, 3), wanted)).toBeLessThan(1e-4);
    expect(await output(external, 3)).toEqual(await output(inline, 3));
    await Promise.all([inline.dispose(), external.dispose()]);
  });

  it('refers to byte ranges of a file that exists, in half precision too', async () => {
    const { w, bias, graph } = linearMaps();
    const half = toHalf(w.dataSync() as Float32Array);
    await writeFile(join(folder, 'w.safetensors'), Buffer.concat([Buffer.alloc(40), Buffer.from(half.buffer)]));
    const range = { dtype: 'F16', offset: 40, length: half.byteLength } as const;
    const stored = { kind: 'stored', file: 'w.safetensors', tensors: new Map([['a.weight', range]]) } as const;
    const session = await compile(
      await writeTo(join(folder, 'stored.onnx'), await encodeOnnx(graph, { weights: stored })),
    );
    const float16 = await compile(await encodeOnnx(graph, { precision: 'float16' }));
    expect(await output(session, 2)).toEqual(await output(float16, 2));
    await Promise.all([session.dispose(), float16.dispose()]);
    const wrong = { ...stored, tensors: new Map([['a.weight', { ...range, length: 8 }]]) };
    await expect(encodeOnnx(graph, { weights: wrong })).rejects.toThrow(
      /'a.weight' in w.safetensors: expected 10368 bytes/,
    );
    tf.dispose([w, bias]);
  });

  it('int8: a row gives the same whatever else is in the batch, close to float32', async () => {
    const { graph, expected } = linearMaps();
    const session = await compile(await encodeOnnx(graph, { precision: 'int8' }));
    const [many, wanted] = [await output(session, 5), expected(5)];
    const scale = wanted.reduce((sum, value) => sum + value * value, 0);
    const error = many.reduce((sum, value, i) => sum + (value - (wanted[i] as number)) ** 2, 0);
    expect(Math.sqrt(error / scale)).toBeLessThan(0.02);
    const row = fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: WIDTH, maxLength: WIDTH });
    const batch = fc.array(row, { minLength: 1, maxLength: 6 });
    const run = async (data: Float32Array) =>
      (await session.run({ x: { type: 'float32', shape: [data.length / WIDTH, WIDTH], data } })).y?.data;
    await fc.assert(
      fc.asyncProperty(batch, fc.nat(), async (rows, at) => {
        const index = at % rows.length;
        const together = await run(Float32Array.from(rows.flat()));
        const alone = await run(Float32Array.from(rows[index] as number[]));
        expect(alone).toEqual(together?.slice(index * WIDTH, (index + 1) * WIDTH));
      }),
    );
    await session.dispose();
  });

  it('int8: several sizes of a product may be symbolic', async () => {
    const w = weights();
    const graph = trace(
      ({ x }) => ({ y: tf.reshape(tf.matMul(tf.reshape(x, [-1, WIDTH]), w as tf.Tensor2D), x.shape) }),
      { x: { shape: ['images', 'tokens', WIDTH] } },
      { parameters: { w } },
    );
    const session = await compile(await encodeOnnx(graph, { precision: 'int8' }));
    const { data } = rows(6);
    const run = async (shape: number[]) => (await session.run({ x: { type: 'float32', shape, data } })).y;
    const [wide, tall] = [await run([2, 3, WIDTH]), await run([3, 2, WIDTH])];
    expect([wide?.shape, tall?.shape]).toEqual([
      [2, 3, WIDTH],
      [3, 2, WIDTH],
    ]);
    expect(wide?.data).toEqual(tall?.data);
    await session.dispose();
    w.dispose();
  });

  it('writes layer normalization and GELU as one node each, with the same results', async () => {
    const gelu = (x: tf.Tensor) => tf.mul(x, tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5));
    const norm = (x: tf.Tensor) => {
      const centered = tf.sub(x, tf.mean(x, -1, true));
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.mul(centered, centered), -1, true), 1e-5));
      return tf.add(tf.mul(tf.mul(centered, inverse), tf.range(0, WIDTH)), tf.range(1, WIDTH + 1));
    };
    const graphOf = () => trace(({ x }) => ({ y: gelu(norm(x)) }), { x: { shape: [2, WIDTH] } });
    const fused = graphOf();
    fusePatterns(fused);
    const operations = (graph: Graph) => graph.nodes().map(({ operation }) => operation);
    expect(operations(fused)).toEqual(['LayerNormalization', 'Gelu']);
    expect(operations(graphOf())).not.toContain('Gelu');
    const [a, b] = [await compile(await encodeOnnx(fused)), await compile(await encodeOnnx(graphOf()))];
    expect(largest(await output(a, 2), await output(b, 2))).toBeLessThan(1e-4);
    await Promise.all([a.dispose(), b.dispose()]);
  });

  it('multiplies a sum once instead of both summands, unless they are weights or needed elsewhere', async () => {
    const w = weights() as tf.Tensor2D;
    type Sum = (x: tf.Tensor) => Record<string, tf.Tensor>;
    const operations = (fn: Sum, fuse = true) => {
      const graph = trace(({ x }) => fn(x), { x: { shape: ['rows', WIDTH] } }, { parameters: { w } });
      if (fuse) fusePatterns(graph);
      return { graph, products: graph.nodes().filter(({ operation }) => operation === 'MatMul').length };
    };
    const inner = (x: tf.Tensor) => tf.matMul(x, x, true);
    const sum: Sum = (x) => ({ y: tf.add(tf.matMul(x, tf.relu(inner(x))), tf.matMul(x, tf.abs(inner(x)))) });
    const [once, twice] = [operations(sum), operations(sum, false)];
    expect(twice.products - once.products).toBe(1);
    const sessions = await Promise.all([once, twice].map(async ({ graph }) => compile(await encodeOnnx(graph))));
    const [a, b] = await Promise.all(sessions.map((session) => output(session, 3)));
    const scale = Math.max(...(b as Float32Array));
    expect(largest(a as Float32Array, b as Float32Array) / scale).toBeLessThan(1e-6);
    await Promise.all(sessions.map((session) => session.dispose()));
    for (const kept of [
      (x: tf.Tensor) => ({ y: tf.add(tf.matMul(x, w), tf.matMul(x, w, false, true)) }),
      (x: tf.Tensor) => {
        const first = tf.matMul(x, tf.relu(inner(x)));
        return { first, y: tf.add(first, tf.matMul(x, tf.abs(inner(x)))) };
      },
      (x: tf.Tensor) => ({ y: tf.add(tf.matMul(x, inner(x)), tf.matMul(tf.neg(x), tf.abs(inner(x)))) }),
    ])
      expect(operations(kept).products).toBe(operations(kept, false).products);
    w.dispose();
  });

  it('refuses unknown precisions', async () => {
    await expect(encodeOnnx(linearMaps().graph, { precision: 'int4' as 'int8' })).rejects.toSatisfy((error) =>
      isOnnxError(error, 'onnx/arguments'),
    );
  });
});

describe('toHalf', () => {
  it('rounds to nearest even, keeps signs, subnormal and infinite numbers', () => {
    const values = [
      0,
      -0,
      1,
      -2,
      65504,
      65520,
      1e9,
      2 ** -24,
      2 ** -25,
      2 ** -26,
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      6.1e-5,
      Number.NaN,
    ];
    const expected = [0, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0x7c00, 1, 0, 0, 0x3c00, 0x3c02, 0x03ff, 0x7e00];
    expect([...toHalf(Float32Array.from(values))]).toEqual(expected);
  });
});
