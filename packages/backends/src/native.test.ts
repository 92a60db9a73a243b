// Native TensorFlow without its packages: loading them is imitated, and what they register too.
import { imitateTensorFlow } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { selectBackend, selectedBackend } from './index.ts';
import { setUpNative } from './native.ts';

let remove = () => {};
afterEach(() => {
  remove();
  remove = () => {};
});

/** Loads a stand-in instead of the package. */
const loading = (options: Parameters<typeof imitateTensorFlow>[0]) =>
  vi.fn(async () => {
    remove = await imitateTensorFlow(options);
  });

const failing = (message: string, cause?: unknown) => () => Promise.reject(new Error(message, { cause }));

describe('a package that does not load', () => {
  it('is installed where it is absent', async () => {
    const error = setUpNative(
      'node',
      failing("Cannot find package '@tensorflow/tfjs-node' imported from /a/select.js"),
    );
    await expect(error).rejects.toMatchObject({ tag: 'backends/missing', backend: 'node', cause: expect.any(Error) });
    await expect(error).rejects.toThrow(
      `npm install @tensorflow/tfjs-node@${tf.version_core}; on Linux x64 you can also build it from packages of npm and PyPI: npx medclipseg-native-tensorflow.`,
    );
  });

  it('is rebuilt where its add-on or the library is missing, since npm install would do nothing', async () => {
    const messages = [
      'The Node.js native addon module (tfjs_binding.node) can not be found at path: /a/tfjs_binding.node',
      'libtensorflow.so.2: cannot open shared object file: No such file or directory',
    ];
    for (const message of messages) {
      const error = setUpNative('node-gpu', failing('wrapped', new Error(message)));
      await expect(error).rejects.toMatchObject({ tag: 'backends/broken', backend: 'node-gpu' });
      await expect(error).rejects.toThrow(
        'npm rebuild @tensorflow/tfjs-node-gpu; or on Linux x64 build it from packages of npm and PyPI: npx medclipseg-native-tensorflow --gpu.',
      );
    }
  });

  it('is removed and installed where a package that it needs is missing', async () => {
    const error = setUpNative('node', failing("Cannot find module '@mapbox/node-pre-gyp'"));
    await expect(error).rejects.toMatchObject({ tag: 'backends/broken' });
    await expect(error).rejects.toThrow('Remove node_modules/@tensorflow/tfjs-node');
  });
});

describe('node-gpu', () => {
  it('is refused where TensorFlow sees no GPU; node then uses the package that is loaded', async () => {
    const load = loading({ gpuPackage: true });
    const error = setUpNative('node-gpu', load);
    await expect(error).rejects.toMatchObject({ tag: 'backends/no-gpu', backend: 'node-gpu' });
    await expect(error).rejects.toThrow('expected a GPU, got none that TensorFlow sees');
    await setUpNative('node', load);
    expect(tf.getBackend()).toBe('tensorflow');
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('computes on a GPU that TensorFlow sees, and then node cannot be had in the same process', async () => {
    const load = loading({ gpuPackage: true, gpu: true });
    await setUpNative('node-gpu', load);
    expect(tf.getBackend()).toBe('tensorflow');
    await expect(setUpNative('node', load)).rejects.toMatchObject({ tag: 'backends/other-loaded' });
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('is not loaded into a process that has loaded tfjs-node', async () => {
    const load = loading({});
    await setUpNative('node', load);
    const error = setUpNative('node-gpu', load);
    await expect(error).rejects.toMatchObject({ tag: 'backends/other-loaded' });
    await expect(error).rejects.toThrow('this process has loaded @tensorflow/tfjs-node,');
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('leaves the current backend as it was where it is refused', async () => {
    remove = await imitateTensorFlow({ gpuPackage: true });
    const selected = await selectBackend('cpu');
    await expect(selectBackend('node-gpu')).rejects.toThrow();
    expect(tf.getBackend()).toBe('cpu');
    expect(selectedBackend()).toBe(selected);
  });

  it('is passed over by auto, which takes the next', async () => {
    remove = await imitateTensorFlow({ gpuPackage: true });
    const { name, skipped } = await selectBackend('auto');
    expect(name).not.toBe('node-gpu');
    expect(skipped[0]).toMatchObject({ name: 'node-gpu', tag: 'backends/no-gpu' });
  });
});

describe('memory', () => {
  const binding = () => (tf.backend() as unknown as { binding: { executeOp(...args: unknown[]): unknown } }).binding;

  it('running out of it is an error that can be recognized, with the size of the tensor', async () => {
    const message =
      'Invalid TF_Status: 8\nMessage: {{function_node x}} OOM when allocating tensor with shape[1000,3,2] and type float on device:CPU:0';
    const executeOp = () => {
      throw new Error(message);
    };
    await setUpNative('node', loading({ executeOp }));
    expect(() => binding().executeOp()).toThrow('TensorFlow memory: expected room for 24000 bytes, got none.');
    await setUpNative('node');
    expect(() => binding().executeOp()).toThrow(
      expect.objectContaining({ tag: 'backends/out-of-memory', bytes: 24000 }),
    );
  });

  it('other errors and results pass', async () => {
    const failure = new Error('Invalid TF_Status: 3\nMessage: Incompatible shapes');
    const executeOp = vi.fn((name: unknown) => {
      if (name === 'Add') throw failure;
      return [name];
    });
    await setUpNative('node', loading({ executeOp }));
    expect(() => binding().executeOp('Add')).toThrow(failure);
    expect(binding().executeOp('Mul', 2)).toEqual(['Mul']);
    expect(executeOp).toHaveBeenLastCalledWith('Mul', 2);
  });
});
