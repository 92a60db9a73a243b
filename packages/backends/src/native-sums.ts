// Sums and means on native TensorFlow, accumulated in double precision.
import * as tf from '@tensorflow/tfjs-core';

/** What executing an operation returns: a tensor of TensorFlow that tfjs does not know yet. */
interface Handle {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

interface NativeBackend extends tf.KernelBackend {
  readonly binding: {
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_INT32: number;
    readonly TF_FLOAT: number;
    executeOp(name: string, attributes: readonly object[], inputs: readonly number[], outputs: number): Handle[];
    createTensor(shape: readonly number[], dtype: number, values: Int32Array): number;
    deleteTensor(id: number): void;
  };
  getDTypeInteger(dtype: tf.DataType): number;
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  createOutputTensor(handle: Handle): tf.TensorInfo;
}

interface ReductionCall {
  readonly inputs: Record<string, tf.TensorInfo>;
  readonly backend: NativeBackend;
  readonly attrs: Record<string, unknown>;
}
type Kernel = (call: ReductionCall) => tf.TensorInfo;

/** TF_DOUBLE of TensorFlow's C interface; the add-on does not export it, since tfjs has no such tensors. */
const DOUBLE = 2;

/** Up to this many terms, TensorFlow's own sums are accurate to 2e-7 or so. Their error grows to 1e-5 for a hundred thousand. */
const FEW_TERMS = 256;

/** The kernel `Sum` or `Mean`. The original of `Mean` fails for integers, since it gives TensorFlow the type of the input for their floats. */
const accurateReduction =
  (kind: 'Sum' | 'Mean', original: Kernel): Kernel =>
  (call) => {
    const { inputs, backend, attrs } = call;
    const x = inputs.x as tf.TensorInfo;
    const axes = tf.util.parseAxisParam(attrs.axis as number | number[], x.shape);
    const [, reduced] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
    const terms = tf.util.sizeFromShape(reduced);
    const isOriginal = x.dtype === 'float32' ? terms <= FEW_TERMS : kind === 'Sum';
    // Integer sums are exact in the original.
    if (isOriginal) return original(call);
    const { binding } = backend;
    const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
    const flag = (name: string, value: boolean) => ({ name, type: binding.TF_ATTR_BOOL, value });
    const run = (name: string, attributes: readonly object[], ids: readonly number[]) =>
      binding.executeOp(name, attributes, ids, 1)[0] as Handle;
    const cast = (id: number, from: number, to: number) =>
      run('Cast', [type('SrcT', from), type('DstT', to), flag('Truncate', false)], [id]);
    const owned: number[] = [];
    const keep = (id: number): number => {
      owned.push(id);
      return id;
    };
    try {
      const [id] = backend.getInputTensorIds([x]) as [number];
      const wide = keep(cast(id, backend.getDTypeInteger(x.dtype), DOUBLE).id);
      const axis = keep(binding.createTensor([axes.length], binding.TF_INT32, Int32Array.from(axes)));
      const attributes = [flag('keep_dims', !!attrs.keepDims), type('T', DOUBLE), type('Tidx', binding.TF_INT32)];
      const total = keep(run(kind, attributes, [wide, axis]).id);
      return backend.createOutputTensor(cast(total, DOUBLE, binding.TF_FLOAT));
    } finally {
      for (const id of owned) binding.deleteTensor(id);
    }
  };

let patched = false;

/** Replaces the kernels `Sum` and `Mean` of native TensorFlow, once. */
export function patchNativeSums(): void {
  if (patched) return;
  patched = true;
  for (const kernelName of ['Sum', 'Mean'] as const) {
    const original = (tf.getKernel(kernelName, 'tensorflow') as tf.KernelConfig).kernelFunc as unknown as Kernel;
    tf.unregisterKernel(kernelName, 'tensorflow');
    const kernelFunc = accurateReduction(kernelName, original) as unknown as tf.KernelFunc;
    tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc });
  }
}
