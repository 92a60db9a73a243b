// A WebGPU device of our own: the adapter's limits, and handlers that turn silence into errors.
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { BackendMissingError, GpuError } from './errors.ts';
import { pollPatiently } from './patient-polling.ts';
import { hasVulkanDriver } from './vulkan.ts';
import { patchWebGpuSums } from './webgpu-sums.ts';

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;

let failure: GpuError | undefined;
let open: GPUDevice | undefined;
let pollAsBefore = () => {};

/** Throws if the GPU has reported an error since the backend was selected. */
export function checkGpu(): void {
  if (failure && tf.getBackend() === 'webgpu') throw failure;
}

/** Gives the device back, and with it all its tensors; a live one keeps Node from exiting. */
export function releaseGpu(): void {
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  open?.destroy();
  pollAsBefore();
  open = undefined;
  failure = undefined;
}

const withoutAdapter = (reason: string) =>
  new BackendMissingError('webgpu', reason, 'Install a Vulkan, Metal or D3D12 driver.');

/** Node has no `navigator.gpu`; the optional package `webgpu` (Dawn) brings one. */
async function nodeGpu(): Promise<void> {
  const name = 'webgpu';
  const { create, globals } = (await import(/* @vite-ignore */ name).catch((cause) => {
    throw new BackendMissingError('webgpu', 'no WebGPU in this runtime', 'In Node, install it: npm install webgpu.', {
      cause,
    });
  })) as { create(flags: string[]): GPU; globals: object };
  if (process.platform === 'linux' && !(await hasVulkanDriver())) throw withoutAdapter('no Vulkan driver');
  for (const [key, value] of Object.entries(globals))
    if (!(key in globalThis)) Object.defineProperty(globalThis, key, { value, configurable: true, writable: true });
  if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  if (!navigator.gpu) Object.defineProperty(navigator, 'gpu', { value: create([]), configurable: true });
}

/** Makes a fresh device and registers it as the backend `webgpu`. */
export async function setUpWebGpu(): Promise<void> {
  if (!globalThis.navigator?.gpu) await nodeGpu();
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw withoutAdapter('no graphics adapter');
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ requiredLimits });
  releaseGpu();
  open = device;
  if (adapter.info.isFallbackAdapter && typeof setImmediate === 'function') pollAsBefore = pollPatiently();
  device.onuncapturederror = ({ error }) => {
    if (device === open) failure ??= new GpuError('backends/gpu-error', error.message);
  };
  void device.lost.then(({ message }) => {
    if (device === open) failure ??= new GpuError('backends/gpu-lost', message);
  });
  const backend = new WebGPUBackend(device, adapter.info);
  // What was computed before an error is zeros: a read must not hand them out.
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
}
