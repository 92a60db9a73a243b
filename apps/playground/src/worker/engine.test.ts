import { selectBackend } from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { merges, publishedModel } from '../../e2e/published-model.ts';
import { createEngine } from './engine.ts';
import type { ModelSource } from './protocol.ts';

beforeAll(async () => {
  await selectBackend('wasm');
});

const small = async (): Promise<ModelSource> => ({
  kind: 'file',
  name: 'small.safetensors',
  file: new Blob([(await publishedModel()) as Uint8Array<ArrayBuffer>]),
  tokenizer: new Blob([merges]),
});

afterEach(() => vi.unstubAllGlobals());

it('a model opens while the hub is listed, and the list still arrives', async () => {
  const engine = createEngine();
  const siblings = [{ rfilename: 'model.safetensors', size: 9, blobId: 'c0ffee'.padEnd(40, '0') }];
  let respond = () => {};
  vi.stubGlobal(
    'fetch',
    (_: unknown, { signal }: RequestInit = {}) =>
      new Promise<Response>((resolve, reject) => {
        respond = () => resolve(Response.json({ sha: 'c0ffee'.padEnd(40, '0'), siblings }));
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  );
  const listed = engine.listHub('owner/name');
  await engine.openModel(await small(), () => {});
  respond();
  expect(await listed).toMatchObject([{ path: 'model.safetensors' }]);
});

it('of two models opened at once the later one is in use, and no tensor of the other remains', async () => {
  const engine = createEngine();
  const silent = () => {};
  await engine.openModel(await small(), silent);
  const { numTensors } = tf.memory();
  const other = await small();
  const [first, second] = await Promise.allSettled([
    engine.openModel({ kind: 'built-in' }, silent),
    engine.openModel(other, silent),
  ]);
  expect(first).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
  expect(second).toMatchObject({ status: 'fulfilled', value: { vocabulary: 515 } });
  expect(tf.memory().numTensors).toBe(numTensors);
});
