import { selectBackend } from '@medclipseg/backends';
import { OnnxError } from '@medclipseg/onnx';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loadOnnx } from '#platform';
import { currentOnnx, selectDevice } from './device.ts';

vi.mock('#platform', async (original) => {
  const platform = await original<{ loadOnnx: typeof loadOnnx }>();
  return { ...platform, loadOnnx: vi.fn(platform.loadOnnx) };
});
// On a machine with a GPU as well, none is found.
beforeEach(() => vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } }));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.mocked(loadOnnx).mockClear();
});

it('auto takes onnx where no GPU works, until another backend is selected', async () => {
  const { name, skipped } = await selectDevice();
  expect(name).toBe('onnx');
  expect(skipped.map((skip) => skip.name)).toEqual(['node-gpu', 'webgpu']);
  expect(currentOnnx()).toEqual({});
  await selectBackend('cpu');
  expect(currentOnnx()).toBeUndefined();
  await selectDevice('onnx', { threads: 3 });
  expect(currentOnnx()).toEqual({ threads: 3 });
  await selectDevice('wasm');
  expect(currentOnnx()).toBeUndefined();
});

it('without onnxruntime-node auto takes the next device, and says what is missing', async () => {
  const missing = new OnnxError('onnx/runtime-missing', 'onnxruntime-node: expected the package, got none.');
  vi.mocked(loadOnnx).mockRejectedValueOnce(missing);
  const { name, skipped } = await selectDevice();
  expect(['node', 'wasm']).toContain(name);
  expect(skipped).toContainEqual({ name: 'onnx', tag: 'onnx/runtime-missing', reason: missing.message });
  vi.mocked(loadOnnx).mockRejectedValueOnce(missing);
  await expect(selectDevice('onnx')).rejects.toBe(missing);
});

it.each([
  ['device', 'gpu', {}],
  ['threads', 'onnx', { threads: 0 }],
  ['precision', 'onnx', { precision: 'int4' }],
])('refuses a wrong %s', async (subject, name, options) => {
  await expect(selectDevice(name as 'onnx', options as object)).rejects.toThrow(new RegExp(`^${subject}: expected`));
});
