// Kernels of the WebGPU backend that are wrong in TensorFlow.js 4.22, and how a kernel is replaced.
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';

interface KernelCall {
  readonly inputs: Record<string, tf.TensorInfo>;
  readonly backend: WebGPUBackend;
  readonly attrs: Record<string, unknown>;
}
export type Kernel = (call: KernelCall) => tf.TensorInfo;

export const kernel = (name: string): Kernel =>
  (tf.getKernel(name, 'webgpu') as tf.KernelConfig).kernelFunc as unknown as Kernel;

export function replaceKernel(kernelName: string, replacement: Kernel): void {
  tf.unregisterKernel(kernelName, 'webgpu');
  tf.registerKernel({ kernelName, backendName: 'webgpu', kernelFunc: replacement as unknown as tf.KernelFunc });
}

/** Terms from which on a product may be computed in parts. */
const LONG = 2000;

const isSingle = ({ shape }: tf.TensorInfo): boolean => tf.util.sizeFromShape(shape.slice(0, -2)) === 1;

/**
 * The product of two matrices. Where few rows and columns result, the original adds long products in parts (`MatMulSplitKProgram`), and there
 * reads four values of the second matrix at once even if that is transposed. It is transposed beforehand instead.
 */
const product =
  (original: Kernel): Kernel =>
  (call) => {
    const { inputs, backend, attrs } = call;
    const [a, b] = [inputs.a, inputs.b] as [tf.TensorInfo, tf.TensorInfo];
    if (!attrs.transposeB || (b.shape.at(-1) as number) < LONG || !isSingle(a) || !isSingle(b)) return original(call);
    const axes = b.shape.map((_, i) => i);
    const perm = [...axes.slice(0, -2), ...axes.slice(-2).reverse()];
    const upright = kernel('Transpose')({ inputs: { x: b }, backend, attrs: { perm } });
    const result = original({ inputs: { ...inputs, b: upright }, backend, attrs: { ...attrs, transposeB: false } });
    backend.disposeData(upright.dataId);
    return result;
  };

let patched = false;

/** Replaces the kernels of matrix products, once. */
export function patchWebGpuProducts(): void {
  if (patched) return;
  patched = true;
  for (const name of ['BatchMatMul', '_FusedMatMul']) replaceKernel(name, product(kernel(name)));
}
