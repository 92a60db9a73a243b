// Sums and means on the wasm backend, accumulated in double precision.
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Up to this many terms the backend's own loop is accurate to about 2e-6. It adds in single precision, one term after the other, so its
 * relative error grows with the number of terms: 1e-3 for a loss over 24 images of 224x224 pixels.
 */
const FEW_TERMS = 256;

/** Consecutive axes that are all reduced or all kept, as one axis. Strides count elements; a reduced axis has output stride 0. */
interface AxisGroup {
  length: number;
  stride: number;
  outputStride: number;
  readonly reduced: boolean;
}

/** The axes of `shape`, outermost first, with neighbors of one kind merged. */
function groupAxes(shape: readonly number[], reduced: readonly number[]): AxisGroup[] {
  const groups: AxisGroup[] = [];
  let [stride, outputStride] = [1, 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis] as number;
    if (length === 1) continue;
    const isReduced = reduced.includes(axis);
    const inner = groups[0];
    if (inner?.reduced === isReduced) inner.length *= length;
    else groups.unshift({ length, stride, outputStride: isReduced ? 0 : outputStride, reduced: isReduced });
    stride *= length;
    if (!isReduced) outputStride *= length;
  }
  return groups;
}

type Values = Float32Array | Int32Array | Uint8Array;

/** Sum of `length` consecutive values. Four partial sums, so that one addition need not wait for the one before it. */
function sumRun(values: Values, start: number, length: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = start + length;
  let i = start;
  for (; i + 3 < end; i += 4) {
    a += values[i] as number;
    b += values[i + 1] as number;
    c += values[i + 2] as number;
    d += values[i + 3] as number;
  }
  for (; i < end; i++) a += values[i] as number;
  return a + b + (c + d);
}

/** Adds `length` consecutive values to as many totals. */
function addRun(values: Values, from: number, totals: Float64Array, to: number, length: number): void {
  for (let i = 0; i < length; i++) totals[to + i] = (totals[to + i] as number) + (values[from + i] as number);
}

/** Sums of `values` over the reduced axes, in the order of the kept ones. */
function sums(values: Values, groups: readonly AxisGroup[], outputs: number): Float64Array {
  const totals = new Float64Array(outputs);
  const visit = (depth: number, from: number, to: number): void => {
    const { length, stride, outputStride, reduced } = groups[depth] as AxisGroup;
    if (depth < groups.length - 1)
      for (let i = 0; i < length; i++) visit(depth + 1, from + i * stride, to + i * outputStride);
    else if (reduced) totals[to] = (totals[to] as number) + sumRun(values, from, length);
    else addRun(values, from, totals, to, length);
  };
  if (values.length > 0) visit(0, 0, 0);
  return totals;
}

interface ReductionCall {
  readonly inputs: Record<string, tf.TensorInfo>;
  readonly backend: BackendWasm;
  readonly attrs: Record<string, unknown>;
}
type Kernel = (call: ReductionCall) => tf.TensorInfo | tf.TensorInfo[];

/**
 * The kernel `Sum` or `Mean` over any axes. Unlike the original, it also needs no transposed copy when the reduced axes are not the last.
 * Integer sums are exact in the original and stay there; of no terms at all, it returns whatever is in memory.
 */
export const accurateReduction =
  (kind: 'Sum' | 'Mean', original: Kernel): Kernel =>
  (call) => {
    const { inputs, backend, attrs } = call;
    const x = inputs.x as tf.TensorInfo;
    const axes = tf.util.parseAxisParam(attrs.axis as number | number[], x.shape);
    const [kept, reduced] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
    const terms = tf.util.sizeFromShape(reduced);
    const outputs = tf.util.sizeFromShape(kept);
    const few = terms > 0 && terms <= FEW_TERMS;
    if (few || outputs === 0 || (kind === 'Sum' && x.dtype !== 'float32')) return original(call);
    const shape = attrs.keepDims ? tf.backend_util.expandShapeToKeepDim(kept, axes) : kept;
    const out = backend.makeOutput(shape, 'float32');
    const totals = sums(backend.typedArrayFromHeap(x) as Values, groupAxes(x.shape, axes), outputs);
    const divisor = kind === 'Mean' ? Math.max(1, terms) : 1;
    const target = backend.typedArrayFromHeap(out);
    for (let i = 0; i < outputs; i++) target[i] = (totals[i] as number) / divisor;
    return out;
  };
