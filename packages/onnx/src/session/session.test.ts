import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EncodedModel, encodeOnnx, InputError, isOnnxError, SessionError, trace } from '../index.ts';
import { compile, type Session, type TensorData } from '../node.ts';

let model: EncodedModel;
let session: Session;
let folder: string;

const x = (rows: number): TensorData => ({
  type: 'float32',
  shape: [rows, 2],
  data: new Float32Array(rows * 2).fill(1),
});

beforeAll(async () => {
  await selectBackend('cpu');
  const graph = trace(({ x, scale }) => ({ y: tf.mul(tf.sum(x, 1), scale) }), {
    x: { shape: ['rows', 2] },
    scale: { shape: ['rows'] },
  });
  model = await encodeOnnx(graph, { metadata: { note: 'a test' } });
  session = await compile(model, { threads: 2 });
  folder = await mkdtemp(join(tmpdir(), 'onnx-'));
});
afterAll(async () => {
  await session.dispose();
  await rm(folder, { recursive: true });
});

const scale = (rows: number): TensorData => ({ type: 'float32', shape: [rows], data: new Float32Array(rows).fill(3) });

describe('sessions', () => {
  it('describe their inputs and outputs, and compute', async () => {
    expect(session.inputs).toEqual([
      { name: 'x', type: 'float32', shape: ['rows', 2] },
      { name: 'scale', type: 'float32', shape: ['rows'] },
    ]);
    expect(session.outputs).toEqual([{ name: 'y', type: 'float32', shape: ['rows'] }]);
    const { y } = await session.run({ x: x(3), scale: scale(3) });
    expect(y).toEqual({ type: 'float32', shape: [3], data: Float32Array.of(6, 6, 6) });
  });

  it.each([
    ['nothing', {}, /input 'x': expected float32 \[rows, 2\], got nothing/],
    ['an unknown input', { x: x(1), scale: scale(1), z: x(1) }, /input 'z': expected one of x, scale/],
    ['another shape', { x: { ...x(1), shape: [2, 1] }, scale: scale(1) }, /got float32 \[2, 1\]/],
    ['sizes that disagree', { x: x(2), scale: scale(3) }, /input 'scale': .* got float32 \[3\]/],
    ['another type', { x: { ...x(1), type: 'int32' as const }, scale: scale(1) }, /got int32/],
    [
      'short data',
      { x: { ...x(2), data: new Float32Array(3) }, scale: scale(2) },
      /4 elements in a Float32Array, got 3/,
    ],
  ])('refuse %s', async (_, inputs, message) => {
    await expect(session.run(inputs as Record<string, TensorData>)).rejects.toThrow(message);
    await expect(session.run(inputs as Record<string, TensorData>)).rejects.toThrow(InputError);
  });

  it('read inputs in shared memory, and write outputs to given arrays there', async () => {
    const shared = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length));
    const [data, y] = [shared(6), shared(3)];
    for (const value of [1, 2]) {
      data.fill(value);
      const outputs = await session.run({ x: { ...x(3), data }, scale: scale(3) }, { into: { y } });
      expect(outputs.y?.data).toEqual(Float32Array.of(6 * value, 6 * value, 6 * value));
      expect([...y]).toEqual([6 * value, 6 * value, 6 * value]);
    }
    const run = (into: Record<string, Float32Array | Int32Array>) =>
      expect(session.run({ x: x(3), scale: scale(3) }, { into })).rejects;
    await run({ z: shared(3) }).toThrow(/into 'z': expected one of y, got another name/);
    await run({ y: new Float32Array(3) }).toThrow(/into 'y': expected an array on a SharedArrayBuffer/);
    await run({ y: new Int32Array(new SharedArrayBuffer(12)) }).toThrow(
      /3 elements in a Float32Array, got 3 in a Int32Array/,
    );
    // How many rows there are is known after the run.
    await run({ y: shared(2) }).toThrow(/into 'y': expected 3 elements, got 2/);
  });

  it('run many at once, in order, and drop what is aborted', async () => {
    const control = new AbortController();
    const aborted = session.run({ x: x(1), scale: scale(1) }, { signal: control.signal });
    control.abort();
    await expect(aborted).rejects.toThrow(/abort/);
    await expect(session.run({ x: x(1), scale: scale(1) }, { signal: control.signal })).rejects.toThrow(/abort/);
    const counts = Array.from({ length: 20 }, (_, i) => i + 1);
    const results = await Promise.all(counts.map((rows) => session.run({ x: x(rows), scale: scale(rows) })));
    expect(results.map(({ y }) => y?.shape)).toEqual(counts.map((rows) => [rows]));
  });

  it('keep memory flat over a thousand runs', async () => {
    const run = async (count: number) => {
      for (let i = 0; i < count; i++) await session.run({ x: x(5000), scale: scale(5000) });
      return process.memoryUsage.rss();
    };
    const before = await run(200);
    expect((await run(800)) - before).toBeLessThan(50 * 2 ** 20);
  });

  it('end with typed errors: disposed, damaged, missing external file', async () => {
    const other = await compile(model);
    const running = expect(other.run({ x: x(1), scale: scale(1) })).rejects.toThrow(SessionError);
    await other.dispose();
    await running;
    await expect(other.run({ x: x(1), scale: scale(1) })).rejects.toThrow(/disposed/);
    const damaged = model.model.slice(0, 60);
    await expect(compile(damaged)).rejects.toThrow(/expected a complete ONNX model/);
    await expect(compile(join(folder, 'none.onnx'))).rejects.toSatisfy((error) => isOnnxError(error, 'onnx/session'));
    const w = tf.ones([40, 40]);
    const graph = trace(({ x }) => ({ y: tf.matMul(x, w) }), { x: { shape: [1, 40] } }, { parameters: { w } });
    const external = await encodeOnnx(graph, { weights: { kind: 'external', file: 'missing.data' } });
    await writeFile(join(folder, 'external.onnx'), external.model);
    await expect(compile(join(folder, 'external.onnx'))).rejects.toThrow(/missing\.data/);
    w.dispose();
  });

  it('are disposed, or end with the process, only after the computation that runs', async () => {
    const slow = await encodeOnnx(
      trace(({ x }) => ({ y: [...Array(8)].reduce((y: tf.Tensor) => tf.matMul(y, x), x) }), {
        x: { shape: [1000, 1000] },
      }),
    );
    const large: TensorData = { type: 'float32', shape: [1000, 1000], data: new Float32Array(1e6) };
    const session = await compile(slow);
    const control = new AbortController();
    const runs = [session.run({ x: large }, { signal: control.signal }), session.run({ x: large })];
    const ends = Promise.allSettled(runs);
    await new Promise((resolve) => setTimeout(resolve, 50));
    control.abort();
    // A thread that ends while the runtime computes takes the process down with it.
    await session.dispose();
    for (const end of await ends) expect(end.status).toBe('rejected');

    await writeFile(join(folder, 'slow.onnx'), slow.model);
    const code = `
      import { compile } from ${JSON.stringify(new URL('../node.ts', import.meta.url).href)};
      const session = await compile(${JSON.stringify(join(folder, 'slow.onnx'))});
      const x = { type: 'float32', shape: [1000, 1000], data: new Float32Array(1e6) };
      void session.run({ x });
      setTimeout(() => process.exit(130), 50);`;
    await writeFile(join(folder, 'exits.mts'), code);
    const conditions = ['--conditions=@medclipseg/source', '--import', import.meta.resolve('tsx')];
    const child = spawn(process.execPath, [...conditions, join(folder, 'exits.mts')], { stdio: 'inherit' });
    expect(await new Promise((resolve) => child.once('exit', (...ended) => resolve(ended)))).toEqual([130, null]);
  });

  it('refuse options that make no sense', async () => {
    await expect(compile(model, { threads: 0 })).rejects.toThrow(/threads: expected a whole number/);
    await expect(compile(model, { optimization: 'some' as 'all' })).rejects.toThrow(
      /optimization: expected basic or all/,
    );
  });
});
