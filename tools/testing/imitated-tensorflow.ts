// A stand-in for native TensorFlow: the backend `tensorflow`, computed by `cpu`, with the restrictions of the real one that our code works around.
import { selectBackend } from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';

export interface ImitationOptions {
  /** Whether it imitates tfjs-node-gpu instead of tfjs-node. */
  readonly gpuPackage?: boolean;
  /** Whether TensorFlow sees a GPU. */
  readonly gpu?: boolean;
  /** Called for every operation; throws what the add-on would throw. */
  readonly executeOp?: (...args: unknown[]) => unknown;
}

type Kernel = (args: { inputs: Record<string, tf.Tensor>; attrs: Record<string, unknown> }) => tf.TensorInfo;

function replaceKernel(kernelName: string, make: (original: Kernel) => Kernel): void {
  const { kernelFunc } = tf.getKernel(kernelName, 'tensorflow') as tf.KernelConfig;
  tf.unregisterKernel(kernelName, 'tensorflow');
  const replaced = make(kernelFunc as unknown as Kernel) as unknown as tf.KernelFunc;
  tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc: replaced });
}

/** Registers it, as importing one of the two packages does, and makes it the current backend. @returns removes it */
export async function imitateTensorFlow({
  gpuPackage = false,
  gpu = false,
  executeOp = () => undefined,
}: ImitationOptions = {}): Promise<() => void> {
  // Only loads the kernels of cpu.
  const before: string | undefined = tf.getBackend() || undefined;
  await selectBackend('cpu');
  if (before) await tf.setBackend(before);
  const cpu = tf.findBackendFactory('cpu') as () => tf.KernelBackend;
  tf.registerBackend('tensorflow', () => {
    const idle = () => undefined;
    const binding = Object.freeze({ executeOp, createTensor: idle, tensorDataSync: idle });
    return Object.assign(cpu(), { firstUse: false, isGPUPackage: gpuPackage, isUsingGpuDevice: gpu, binding });
  });
  tf.copyRegisteredKernels('cpu', 'tensorflow');
  replaceKernel('Conv2DBackpropInput', (original) => (args) => {
    if (typeof args.attrs.pad !== 'string') throw new Error("TF Backend supports only 'valid' and 'same' padding");
    return original(args);
  });
  // Runs the plain product, as the real one does.
  replaceKernel('_FusedMatMul', () => ({ inputs: { a, b, bias }, attrs: { transposeA, transposeB, activation } }) => {
    if (activation && activation !== 'linear') throw new Error(`expected no activation, got ${activation}`);
    const product = tf.matMul(a as tf.Tensor, b as tf.Tensor, !!transposeA, !!transposeB);
    return bias ? tf.add(product, bias) : product;
  });
  await tf.setBackend('tensorflow');
  return () => {
    for (const { kernelName } of tf.getKernelsForBackend('tensorflow')) tf.unregisterKernel(kernelName, 'tensorflow');
    tf.removeBackend('tensorflow');
  };
}
