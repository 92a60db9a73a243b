// What goes wrong around a session ends in typed errors.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { selectBackend } from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { float } from '../fixtures/compare.ts';
import { encodeOnnx, isOnnxError, trace } from '../index.ts';
import { compile } from '../node.ts';
import { encodeModel } from '../proto.ts';

const workers: Worker[] = [];
vi.mock('node:worker_threads', async (original) => {
  const threads = await original<typeof import('node:worker_threads')>();
  class Watched extends threads.Worker {
    constructor(...parameters: ConstructorParameters<typeof Worker>) {
      super(...parameters);
      workers.push(this);
    }
  }
  return { ...threads, Worker: Watched };
});

let folder: string;
beforeAll(async () => {
  await selectBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'onnx-'));
});
afterAll(() => rm(folder, { recursive: true }));

const isSession = (error: unknown) => isOnnxError(error, 'onnx/session');

describe('sessions', () => {
  it('report a thread that ends, in runs that wait and in later ones', async () => {
    const graph = trace(({ x }) => ({ y: tf.neg(x as tf.Tensor) }), { x: { shape: [2] } });
    const session = await compile(await encodeOnnx(graph));
    const ended = workers.at(-1)?.terminate();
    await expect(session.run({ x: float([2]) })).rejects.toSatisfy(isSession);
    await ended;
    await expect(session.run({ x: float([2]) })).rejects.toThrow(/session: its thread ended with 1\. Compile again/);
    await session.dispose();
    await session.dispose();
  });

  it('refuse an external file that is too short', async () => {
    const w = tf.ones([64, 64]) as tf.Tensor2D;
    const graph = trace(
      ({ x }) => ({ y: tf.matMul(x as tf.Tensor, w) }),
      { x: { shape: [1, 64] } },
      { parameters: { w } },
    );
    const { model } = await encodeOnnx(graph, { weights: { kind: 'external', file: 'short.data' } });
    await writeFile(join(folder, 'short.onnx'), model);
    await writeFile(join(folder, 'short.data'), new Uint8Array(5000));
    await expect(compile(join(folder, 'short.onnx'))).rejects.toSatisfy(isSession);
    w.dispose();
  });

  it('refuse models whose inputs or outputs TensorFlow.js has no type for', async () => {
    const value = (name: string) => ({ name, type: 'int64' as const, shape: [2] });
    const model = encodeModel({
      nodes: [{ operation: 'Identity', inputs: ['x'], output: 'y' }],
      initializers: [],
      inputs: [value('x')],
      outputs: [value('y')],
      metadata: {},
    });
    await expect(compile(model)).rejects.toThrow(/model: expected float32, int32 or bool in 'x', got int64/);
  });

  it('report failures of the runtime, and go on', async () => {
    const graph = trace(({ x, i }) => ({ y: tf.gather(x as tf.Tensor, i as tf.Tensor1D) }), {
      x: { shape: ['rows'] },
      i: { shape: ['picked'], dtype: 'int32' },
    });
    const session = await compile(await encodeOnnx(graph));
    const pick = (...rows: number[]) =>
      session.run({ x: float([3]), i: { type: 'int32', shape: [rows.length], data: Int32Array.from(rows) } });
    await expect(pick(7)).rejects.toSatisfy(isSession);
    expect((await pick(2, 1)).y?.data).toHaveLength(2);
    expect((await pick()).y).toEqual({ type: 'float32', shape: [0], data: new Float32Array() });
    await session.dispose();
  });

  it('open hundreds of changed model files, or refuse them by typed errors, in a process that survives', async () => {
    const w = tf.randomNormal([3, 3, 2, 4], 0, 1, 'float32', 1) as tf.Tensor4D;
    const graph = trace(
      ({ x }) => ({
        y: tf.softmax(tf.reshape(tf.maxPool(tf.conv2d(x as tf.Tensor4D, w, 1, 'same'), 2, 2, 'valid'), [-1, 64])),
      }),
      { x: { shape: ['batch', 8, 8, 2] } },
      { parameters: { w } },
    );
    const path = join(folder, 'model.onnx');
    await writeFile(path, (await encodeOnnx(graph)).model);
    const script = join(import.meta.dirname, '../fixtures/open-mutants.ts');
    const flags = ['--conditions=@medclipseg/source', '--import', 'tsx', script, path, '400'];
    const { stdout } = await promisify(execFile)(process.execPath, flags);
    const { opened, refused, ran, failed, unexpected } = JSON.parse(stdout);
    expect(unexpected).toEqual([]);
    expect(opened + refused).toBe(400);
    expect(ran + failed).toBe(opened);
    expect(Math.min(opened, refused)).toBeGreaterThan(20);
    w.dispose();
  });
});
