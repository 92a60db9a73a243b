// The runtimes for Node and for pages share their interface, so that the one for Node serves here; tools/browser has a test in a page.
import { selectBackend } from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';
import * as onnxruntime from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { float } from './fixtures/compare.ts';
import { encodeOnnx, isOnnxError, trace } from './index.ts';
import { compile, type Runtime, type Session } from './web.ts';

const runtime = onnxruntime as unknown as Runtime;
let model: Uint8Array;
let external: { model: Uint8Array; data: Uint8Array };

beforeAll(async () => {
  await selectBackend('cpu');
  const w = tf.ones([40, 40]) as tf.Tensor2D;
  const graph = trace(
    ({ x }) => ({ y: tf.matMul(x as tf.Tensor, w) }),
    { x: { shape: ['rows', 40] } },
    { parameters: { w } },
  );
  model = (await encodeOnnx(graph)).model;
  const encoded = await encodeOnnx(graph, { weights: { kind: 'external', file: 'w.data' } });
  const parts: Uint8Array[] = [];
  for await (const part of encoded.data()) parts.push(part);
  external = { model: encoded.model, data: Buffer.concat(parts) };
});

const x = float([2, 40], 0, 1);
const run = async (session: Session) => (await session.run({ x })).y?.data[0];

describe('a session on the calling thread', () => {
  it('computes, with external files by their names', async () => {
    const inline = await compile(model, runtime);
    const other = await compile(external.model, runtime, { external: { 'w.data': external.data } });
    expect([await run(inline), await run(other)]).toEqual([40, 40]);
    await Promise.all([inline.dispose(), other.dispose(), other.dispose()]);
  });

  it.each([
    ['a path', () => compile('model.onnx' as never, runtime), 'onnx/arguments'],
    ['no runtime', () => compile(model, {} as never), 'onnx/runtime-missing'],
    ['damaged bytes', () => compile(model.slice(0, 50), runtime), 'onnx/session'],
    ['a missing external file', () => compile(external.model, runtime), 'onnx/session'],
    [
      'a short external file',
      () => compile(external.model, runtime, { external: { 'w.data': external.data.subarray(0, 99) } }),
      'onnx/session',
    ],
  ] as const)('refuses %s', async (_, compiling, tag) => {
    await expect(compiling()).rejects.toSatisfy((error) => isOnnxError(error, tag));
  });

  it('rejects wrong inputs, what is aborted, and what is not done when it is disposed', async () => {
    const session = await compile(model, runtime);
    await expect(session.run({ x: float([2, 3]) })).rejects.toSatisfy((error) => isOnnxError(error, 'onnx/input'));
    const control = new AbortController();
    const runs = [session.run({ x }), session.run({ x }, { signal: control.signal }), session.run({ x })];
    const results = Promise.allSettled(runs);
    await runs[0];
    control.abort();
    await session.dispose();
    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(session.run({ x })).rejects.toThrow(/disposed/);
  });
});
