// A WebGPU device of our own: the adapter's limits, and handlers that report errors instead of returning zeros.
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { provideGpu, throttlePolling } from './dawn.ts';
import { BackendMissingError, GpuError } from './errors.ts';
import { patchWebGpuProducts } from './webgpu-kernels.ts';
import { patchWebGpuSums } from './webgpu-sums.ts';

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** Drivers that compute on the processor: Chrome's SwiftShader, Mesa's llvmpipe (lavapipe, softpipe) and Windows' WARP. */
const SOFTWARE_DRIVERS = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i;

type AdapterDescription = Partial<
  Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description' | 'isFallbackAdapter'>
>;

const textOf = ({ vendor, architecture, device, description }: AdapterDescription): string =>
  [vendor, architecture, device, description].filter(Boolean).join(' ');

/** True for adapters without a GPU: they compute on the processor, more slowly than wasm does. @param info `adapter.info` */
export const isSoftwareAdapter = (info: AdapterDescription): boolean =>
  !!info.isFallbackAdapter || SOFTWARE_DRIVERS.test(textOf(info));

let failure: GpuError | undefined;
let open: GPUDevice | undefined;
let restorePolling = () => {};

/** Throws if the GPU has reported an error since the backend was selected. */
function checkGpu(): void {
  if (failure && tf.getBackend() === 'webgpu') throw failure;
}

/** Releases the device and all tensors on it; an open device keeps Node from exiting. */
export function releaseGpu(): void {
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  open?.destroy();
  restorePolling();
  open = undefined;
  failure = undefined;
}

/**
 * Opens a fresh device and registers it as the backend `webgpu`.
 *
 * @param allowSoftware whether an adapter without a GPU will do
 * @returns the adapter's name
 */
export async function setUpWebGpu(allowSoftware: boolean): Promise<string> {
  await provideGpu();
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    const remedy = 'Install a Vulkan, Metal or Direct3D 12 driver; on Linux also the Vulkan loader (libvulkan1).';
    throw new BackendMissingError('backends/no-adapter', 'webgpu', 'a graphics adapter', 'none', remedy);
  }
  const name = adapter.info.description || textOf(adapter.info);
  const software = isSoftwareAdapter(adapter.info);
  if (software && !allowSoftware) {
    const remedy = "Use wasm, which is faster, or select 'webgpu' by name.";
    const actual = `a software adapter (${name})`;
    throw new BackendMissingError('backends/software-gpu', 'webgpu', 'a GPU', actual, remedy);
  }
  const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  const device = await adapter.requestDevice({ requiredLimits });
  releaseGpu();
  open = device;
  if (software && typeof setImmediate === 'function') restorePolling = throttlePolling();
  device.onuncapturederror = ({ error }) => {
    if (device === open) failure ??= new GpuError('backends/gpu-error', error.message);
  };
  void device.lost.then(({ message }) => {
    if (device === open) failure ??= new GpuError('backends/gpu-lost', message);
  });
  const backend = new WebGPUBackend(device, adapter.info);
  // What was computed before an error is zeros: a read must not return them.
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    checkGpu();
    try {
      return await read(dataId);
    } finally {
      // An error or a loss explains more than the rejected read that follows from it.
      checkGpu();
    }
  };
  tf.registerBackend('webgpu', () => backend, 3);
  patchWebGpuSums();
  patchWebGpuProducts();
  return name;
}
