// Replaces wasm kernels that copy without need, multiply in a scalar loop, sum inaccurately or run out of memory silently.
import type * as wasmBackend from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { OutOfMemoryError } from './errors.ts';
import { accurateReduction } from './wasm-sums.ts';

type Backend = wasmBackend.BackendWasm;
type Kernel = (args: {
  inputs: Record<string, tf.TensorInfo>;
  backend: Backend;
  attrs: Record<string, unknown>;
}) => tf.TensorInfo | tf.TensorInfo[];

/** The private parts of the backend that the replacements need. */
interface Internals {
  dataIdNextNumber: number;
  readonly dataIdMap: { get(id: object): { id: number; memoryOffset: number } };
  readonly wasm: {
    _malloc: (size: number) => number;
    _free(offset: number): void;
    readonly HEAPU8: Uint8Array;
    readonly tfjs: { registerTensor(id: number, size: number, offset: number): void; disposeData(id: number): void };
    cwrap(name: string, result: null, types: string[]): (...args: unknown[]) => void;
  };
}

const internals = (backend: Backend) => backend as unknown as Internals;

/** A clone that shares its data, with the reference counting that `Reshape` uses. */
const identity: Kernel = ({ inputs, backend }) => {
  const { dataId, shape, dtype } = inputs.x as tf.TensorInfo;
  backend.incRef(dataId);
  return { dataId, shape, dtype };
};

/** Copies only the rows of a slice; the original copies the whole input out of the heap first. Strings are not in the heap. */
const slice =
  (original: Kernel): Kernel =>
  (args) =>
    (args.inputs.x as tf.TensorInfo).dtype === 'string' ? original(args) : sliceNumbers(args);

const sliceNumbers: Kernel = ({ inputs, backend, attrs }) => {
  const x = inputs.x as tf.TensorInfo;
  const [begin, size] = tf.slice_util.parseSliceParams(
    x as tf.Tensor,
    attrs.begin as number[],
    attrs.size as number[],
  ) as [number[], number[]];
  const out = backend.makeOutput(size, x.dtype);
  if (tf.util.sizeFromShape(size) === 0) return out;
  const from = backend.typedArrayFromHeap(x);
  const to = backend.typedArrayFromHeap(out);
  const strides = [...tf.util.computeStrides(x.shape), 1];
  // Trailing axes that are taken whole are contiguous with the one before them.
  let axis = size.length - 1;
  while (axis > 0 && size[axis] === x.shape[axis]) axis--;
  const run = tf.util.sizeFromShape(size.slice(axis));
  let target = 0;
  const copy = (depth: number, offset: number): void => {
    const start = offset + (begin[depth] as number) * (strides[depth] as number);
    if (depth === axis || size.length === 0) {
      to.set(from.subarray(start, start + run), target);
      target += run;
      return;
    }
    for (let i = 0; i < (size[depth] as number); i++) copy(depth + 1, start + i * (strides[depth] as number));
  };
  if (size.length === 0) to.set(from);
  else copy(0, 0);
  return out;
};

/** One slice per index of an axis. The original calls the slow slice directly, so replacing that one does not reach it. */
const unpack =
  (original: Kernel): Kernel =>
  ({ inputs, backend, attrs }) => {
    const x = inputs.value as tf.TensorInfo;
    const axis = tf.util.parseAxisParam(attrs.axis as number, x.shape)[0] as number;
    const shape = x.shape.filter((_, i) => i !== axis);
    const size = x.shape.map((length, i) => (i === axis ? 1 : length));
    return Array.from({ length: x.shape[axis] as number }, (_, index) => {
      const begin = x.shape.map((_, i) => (i === axis ? index : 0));
      const { dataId, dtype } = slice(original)({ inputs: { x }, backend, attrs: { begin, size } }) as tf.TensorInfo;
      return { dataId, dtype, shape };
    });
  };

/** Below this many multiplications per item the scalar loop is faster than setting up a packed product. */
const SMALL = 2048;

const int32Bytes = (values: number[]) => new Uint8Array(new Int32Array(values).buffer);

/**
 * Matrix products by XNNPACK for every shape. The backend uses it only for one product without transposed operands; here flags are
 * resolved by a transposition, and each item of a batch is multiplied as a view into its tensor.
 */
function fastBatchMatMul(original: Kernel): Kernel {
  const products = new WeakMap<object, (...args: unknown[]) => void>();
  return (args) => {
    const { inputs, backend, attrs } = args;
    let [a, b] = [inputs.a as tf.TensorInfo, inputs.b as tf.TensorInfo];
    const batchOf = (t: tf.TensorInfo) => tf.util.sizeFromShape(t.shape.slice(0, -2));
    const batch = Math.max(batchOf(a), batchOf(b));
    const flagged = Boolean(attrs.transposeA || attrs.transposeB);
    const work =
      (a.shape.at(-1) as number) * (a.shape.at(-2) as number) * (b.shape.at(attrs.transposeB ? -2 : -1) as number);
    const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    // Items pair up one to one, or one matrix serves all; any other broadcast is left to the original.
    const crossed = tf.util.sizeFromShape(outer) !== batch || ![1, batch].includes(Math.min(batchOf(a), batchOf(b)));
    if ((batch === 1 && !flagged) || work < SMALL || crossed || a.dtype !== 'float32' || b.dtype !== 'float32')
      return original(args);

    const temporary: tf.TensorInfo[] = [];
    const turned = (t: tf.TensorInfo): tf.TensorInfo => {
      const rank = t.shape.length;
      const perm = t.shape.map((_, i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2));
      const kernel = (tf.getKernel('Transpose', 'wasm') as tf.KernelConfig).kernelFunc as unknown as Kernel;
      const result = kernel({ inputs: { x: t }, backend, attrs: { perm } }) as tf.TensorInfo;
      temporary.push(result);
      return result;
    };
    if (attrs.transposeA) a = turned(a);
    if (attrs.transposeB) b = turned(b);

    const [rows, inner] = a.shape.slice(-2) as [number, number];
    const columns = b.shape.at(-1) as number;
    const out = backend.makeOutput([...outer, rows, columns], 'float32');
    const { dataIdMap, wasm } = internals(backend);
    let multiply = products.get(wasm);
    if (!multiply) {
      const types = ['number', 'array', 'number', 'number', 'array', 'number', 'number', 'number', 'number'];
      multiply = wasm.cwrap('BatchMatMul', null, types);
      products.set(wasm, multiply);
    }
    const [shapeA, shapeB] = [int32Bytes([1, rows, inner]), int32Bytes([1, inner, columns])];

    /** The tensor's own id if it is one matrix (its packed form then stays cached), otherwise a temporary view. */
    const item = (t: tf.TensorInfo, index: number, size: number, views: number[]): number => {
      const { id, memoryOffset } = dataIdMap.get(t.dataId);
      if (batchOf(t) === 1) return id;
      const view = internals(backend).dataIdNextNumber++;
      wasm.tfjs.registerTensor(view, size, memoryOffset + index * size * 4);
      views.push(view);
      return view;
    };
    for (let i = 0; i < batch; i++) {
      const views: number[] = [];
      const ids = [
        item(a, i, rows * inner, views),
        item(b, i, inner * columns, views),
        item(out, i, rows * columns, views),
      ];
      multiply(ids[0], shapeA, 3, ids[1], shapeB, 3, 0, 0, ids[2]);
      // Frees the view and its packed operand; the memory belongs to the whole tensor.
      for (const view of views) wasm.tfjs.disposeData(view);
    }
    for (const t of temporary) backend.disposeData(t.dataId);
    return out;
  };
}

/** Tensors stay below this address: the rest of the 4 GiB is for packed weights, which XNNPACK allocates itself. */
const BUDGET = 3.75 * 2 ** 30;

const patched = new WeakSet<object>();

function replace(kernelName: string, kernelFunc: Kernel): void {
  const { setupFunc } = tf.getKernel(kernelName, 'wasm') as tf.KernelConfig;
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ kernelName, backendName: 'wasm', setupFunc, kernelFunc: kernelFunc as unknown as tf.KernelFunc });
}

let registered = false;

/** Replaces the kernels and guards the memory of the current wasm backend. Idempotent. */
export function patchWasmKernels(): void {
  const backend = tf.backend() as Backend;
  if (!patched.has(backend)) {
    patched.add(backend);
    // Out of memory, malloc returns 0 or an address beyond the heap. The backend would write there, over other tensors.
    const { wasm } = internals(backend);
    // The first call replaces the function by the real one and must come before the wrapper.
    wasm._free(wasm._malloc(8));
    const malloc = wasm._malloc;
    wasm._malloc = (size) => {
      const offset = malloc(size) >>> 0;
      const fits = offset + size <= Math.min(BUDGET, wasm.HEAPU8.byteLength);
      if (offset !== 0 && !fits) wasm._free(offset);
      if ((offset === 0 && size > 0) || !fits) throw new OutOfMemoryError('wasm', size);
      return offset;
    };
  }
  if (registered) return;
  registered = true;
  const original = (name: string) => (tf.getKernel(name, 'wasm') as tf.KernelConfig).kernelFunc as unknown as Kernel;
  replace('Identity', identity);
  const copySlice = original('Slice');
  replace('Slice', slice(copySlice));
  replace('Unpack', unpack(copySlice));
  replace('BatchMatMul', fastBatchMatMul(original('BatchMatMul')));
  for (const kind of ['Sum', 'Mean'] as const) replace(kind, accurateReduction(kind, original(kind)));
}
