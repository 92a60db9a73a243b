import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eachBackend, itWithGpu, missingForWebGpu } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { BACKENDS, ensureBackend, isBackendError, releaseBackend, selectBackend } from './index.ts';
import { isSoftwareAdapter } from './webgpu.ts';

/** A matrix product by its definition. */
function product(a: number[], b: number[], [rows, inner, columns]: [number, number, number], ta: boolean, tb: boolean) {
  const out = new Array<number>(rows * columns).fill(0);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let k = 0; k < inner; k++)
        out[i * columns + j] =
          (out[i * columns + j] as number) +
          (a[ta ? k * rows + i : i * inner + k] as number) * (b[tb ? j * inner + k : k * columns + j] as number);
  return out;
}

const ramp = (n: number, seed: number) => Array.from({ length: n }, (_, i) => ((i * 37 + seed * 11) % 23) - 11);

/** Runs a module and returns what it printed. */
const run = (script: string) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@medclipseg/source', '--import', 'tsx', '--input-type=module', '-e', script],
    {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.trim().split('\n');
};

eachBackend('kernels', (backend) => {
  it('multiplies matrices of any batch, with any operand transposed', async () => {
    const dims = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(
        dims,
        dims,
        dims,
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        async (m, k, n, batch, ta, tb, shared) => {
          const a = ramp(batch * m * k, 1);
          const bBatch = shared ? 1 : batch;
          const b = ramp(bBatch * k * n, 2);
          const out = tf.tidy(() =>
            tf.matMul(
              tf.tensor(a, [batch, ...(ta ? [k, m] : [m, k])]),
              tf.tensor(b, [bBatch, ...(tb ? [n, k] : [k, n])]),
              ta,
              tb,
            ),
          );
          const expected = Array.from({ length: batch }, (_, i) =>
            product(
              a.slice(i * m * k, (i + 1) * m * k),
              b.slice((i % bBatch) * k * n, ((i % bBatch) + 1) * k * n),
              [m, k, n],
              ta,
              tb,
            ),
          ).flat();
          expect([...(await out.data())]).toEqual(expected.map((v) => v + 0));
          out.dispose();
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([0, 1, -1])('unstacks and stacks along axis %i', async (axis) => {
    const values = ramp(3 * 4 * 5, 1);
    const [parts, whole] = tf.tidy(() => {
      const pieces = tf.unstack(tf.tensor3d(values, [3, 4, 5]), axis);
      return [pieces.length, tf.stack(pieces, axis)] as const;
    }) as unknown as [number, tf.Tensor];
    expect(parts).toBe([3, 4, 5].at(axis));
    expect([...(await whole.data())]).toEqual(values);
    whole.dispose();
  });

  it('slices strings', async () => {
    const out = tf.tidy(() => tf.slice(tf.tensor1d(['polyp', 'lesion', 'tumor'], 'string'), [1], [2]));
    expect(await out.data()).toEqual(['lesion', 'tumor']);
    out.dispose();
  });

  it('slices any block of any rank', async () => {
    const axis = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(4), fc.nat(4));
    await fc.assert(
      fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 4 }), async (axes) => {
        const shape = axes.map(([length]) => length);
        const begin = axes.map(([length, from]) => from % length);
        const size = axes.map(([length, , extent], i) => (extent % (length - (begin[i] as number))) + 1);
        const values = ramp(
          shape.reduce((p, n) => p * n, 1),
          3,
        );
        const out = tf.tidy(() => tf.slice(tf.tensor(values, shape), begin, size));
        const strides = shape.map((_, i) => shape.slice(i + 1).reduce((p, n) => p * n, 1));
        const expected: number[] = [];
        const visit = (d: number, at: number): void => {
          if (d === shape.length) expected.push(values[at] as number);
          else
            for (let i = 0; i < (size[d] as number); i++)
              visit(d + 1, at + ((begin[d] as number) + i) * (strides[d] as number));
        };
        visit(0, 0);
        expect([...(await out.data())]).toEqual(expected);
        out.dispose();
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the heap from growing over many products', () => {
    const heap = () => {
      const { wasm } = tf.backend() as unknown as { wasm?: { HEAPU8: Uint8Array } };
      return wasm?.HEAPU8.byteLength ?? 0;
    };
    const [a, b] = [tf.ones([4, 32, 16]), tf.ones([4, 32, 16])];
    const multiply = () => tf.dispose([tf.matMul(a, b, false, true), tf.matMul(a, b, true, false)]);
    multiply();
    const before = heap();
    for (let i = 0; i < 1000; i++) multiply();
    expect(heap()).toBe(before);
    tf.dispose([a, b]);
  });

  // Only real native TensorFlow can show these; native.test.ts has what its packages need not be there for.
  if (backend === 'node') {
    it('running out of memory is an error that can be recognized', () => {
      const bytes = 4 * 2 ** 40;
      expect(() => tf.tidy(() => tf.fill([2 ** 20, 2 ** 20], 1))).toThrow(
        expect.objectContaining({ tag: 'backends/out-of-memory', bytes }),
      );
    });

    it('starts, stacks and sums without a line on stderr', () => {
      const printed = run(`
        import { selectBackend } from '@medclipseg/backends';
        import * as tf from '@tensorflow/tfjs-core';
        await selectBackend('node');
        console.log(tf.topk(tf.stack([tf.ones([3]), tf.zeros([3])]), 1).values.dataSync().join());
        console.log(String(process.env.TF_CPP_MIN_LOG_LEVEL));
      `);
      expect(printed).toEqual(['1,0', 'undefined']);
    });
  }

  it('a clone outlives its source', async () => {
    const x = tf.tensor1d([1, 2, 3]);
    const copy = tf.clone(x);
    x.dispose();
    expect([...(await copy.data())]).toEqual([1, 2, 3]);
    copy.dispose();
  });
});

describe('wasm memory', () => {
  it('refuses a tensor that does not fit instead of overwriting others', async () => {
    await selectBackend('wasm');
    const kept = tf.tensor1d([7]);
    const held: tf.Tensor[] = [];
    expect(() => {
      for (let i = 0; i < 40; i++) held.push(tf.fill([32 * 1024 * 1024], i));
    }).toThrow('wasm memory');
    expect([...(await kept.data())]).toEqual([7]);
    tf.dispose([kept, ...held]);
  });
});

describe('selection', () => {
  it('refuses an unknown name', async () => {
    await expect(selectBackend('webgl' as 'wasm')).rejects.toThrow("got 'webgl'");
    const error = await selectBackend('webgl' as 'wasm').catch((cause: unknown) => cause);
    expect(isBackendError(error)).toBe(true);
    expect(isBackendError(error, 'backends/unknown')).toBe(true);
    expect(isBackendError(error, 'backends/missing')).toBe(false);
    expect(isBackendError(new Error('other'))).toBe(false);
  });

  it('recognizes adapters without a GPU', () => {
    const software = [
      { description: 'SwiftShader Device (Subzero)' },
      { architecture: 'swiftshader', vendor: 'google' },
      { description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
      { description: 'Microsoft Basic Render Driver' },
      { isFallbackAdapter: true },
    ];
    const hardware = [
      { vendor: 'nvidia', architecture: 'ampere', description: 'NVIDIA GeForce RTX 3060' },
      { vendor: 'apple', architecture: 'common-3' },
      { vendor: 'intel', description: 'Intel(R) Iris(R) Xe Graphics (TGL GT2)', isFallbackAdapter: false },
      {},
    ];
    expect(software.map(isSoftwareAdapter)).toEqual(software.map(() => true));
    expect(hardware.map(isSoftwareAdapter)).toEqual(hardware.map(() => false));
  });

  it('auto passes over a software GPU', async () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    const adapter = { info: { description: 'SwiftShader', isFallbackAdapter: false }, limits: {} };
    const requestDevice = vi.fn();
    const gpu = { requestAdapter: async () => ({ ...adapter, requestDevice }) };
    Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
    try {
      const { name, skipped } = await selectBackend();
      // Which one depends on what is installed here; it is never the software GPU.
      expect(skipped.map((skip) => skip.name)).toEqual(BACKENDS.slice(0, BACKENDS.indexOf(name)));
      expect(skipped).toContainEqual({
        name: 'webgpu',
        tag: 'backends/software-gpu',
        reason: expect.stringContaining('SwiftShader'),
      });
      expect(requestDevice).not.toHaveBeenCalled();
    } finally {
      if (before) Object.defineProperty(globalThis, 'navigator', before);
      else Reflect.deleteProperty(globalThis, 'navigator');
    }
  });

  it('ensureBackend keeps the current backend', async () => {
    await selectBackend('cpu');
    expect(await ensureBackend()).toBe('cpu');
  });
});

describe('in a process of its own', () => {
  it('wasm leaves no listeners behind, and a rejection that the application handles is no crash', () => {
    const [listeners, handled] = run(`
      import { selectBackend } from '@medclipseg/backends';
      process.on('unhandledRejection', (reason) => console.log('handled:', reason.message));
      await selectBackend('wasm');
      console.log(['uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event)).join());
      Promise.reject(new Error('mine'));
    `);
    expect(listeners).toBe('0,1');
    expect(handled).toBe('handled: mine');
  });

  it('ensureBackend selects one when none is set, once for all callers', () => {
    const [before, names] = run(`
      import { BACKENDS, ensureBackend, releaseBackend } from '@medclipseg/backends';
      import * as tf from '@tensorflow/tfjs-core';
      console.log(String(tf.getBackend()));
      console.log((await Promise.all([ensureBackend(), ensureBackend()])).join());
      await releaseBackend();
    `);
    expect(before).toBe('undefined');
    const [first, second] = (names as string).split(',');
    expect(first).toMatch(/^(tensorflow|webgpu|wasm)$/);
    expect(second).toBe(first);
  });

  it('names wasmPaths and the files where the binaries are not found', () => {
    const [tag, message] = run(`
      import { selectBackend } from '@medclipseg/backends';
      console.error = console.warn = () => {};
      const error = await selectBackend('wasm', { wasmPaths: '/no-such-folder/' }).catch((cause) => cause);
      console.log(error.tag);
      console.log(error.message);
    `);
    expect(tag).toBe('backends/broken');
    expect(message).toMatch(/tfjs-backend-wasm-simd\.wasm.*wasmPaths.*@medclipseg\/backends\/vite/);
  });
});

describe('webgpu', () => {
  itWithGpu('does not return values that were computed after an error', async () => {
    await selectBackend('webgpu');
    const x = tf.add(tf.ones([64, 64]), 1);
    const { device } = tf.backend() as unknown as { device: GPUDevice };
    device.createBuffer({ size: 16, usage: 0 });
    await device.queue.onSubmittedWorkDone();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(x.data()).rejects.toMatchObject({ tag: 'backends/gpu-error' });
    x.dispose();

    // Selecting it again opens a fresh device.
    await selectBackend('webgpu');
    const y = tf.add(tf.ones([64, 64]), 1);
    expect((await y.data())[0]).toBe(2);
    y.dispose();
    await releaseBackend();
  });

  itWithGpu('reports a lost device', async () => {
    await selectBackend('webgpu');
    const x = tf.add(tf.ones([64, 64]), 1);
    const { device } = tf.backend() as unknown as { device: GPUDevice };
    device.destroy();
    await device.lost;
    await expect(x.data()).rejects.toMatchObject({ tag: 'backends/gpu-lost' });
    x.dispose();
    await releaseBackend();
  });
});

describe('webgpu tests', () => {
  const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
  const loader = '/usr/lib/x86_64-linux-gnu/libvulkan.so.1';
  const missing = (files: string[], environment = {}) => missingForWebGpu(environment, (path) => files.includes(path));

  it('run with driver and loader, and otherwise say what to install', () => {
    expect(missing([driver, loader])).toBeUndefined();
    expect(missing([])).toContain('install chromium');
    expect(missing([loader])).toContain('install chromium');
    expect(missing([driver])).toContain('install libvulkan1');
    expect(missing(['/mine.json', loader], { VK_ICD_FILENAMES: '/mine.json' })).toBeUndefined();
    expect(missing([driver, loader], { VK_ICD_FILENAMES: '/mine.json' })).toContain('/mine.json');
    expect(missing([driver, '/opt/lib/libvulkan.so.1'], { LD_LIBRARY_PATH: '/opt/lib' })).toBeUndefined();
  });
});
