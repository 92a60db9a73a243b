// Selects the device: a hardware GPU through WebGPU, otherwise WebAssembly.
import { type BackendName, isBackendError, selectBackend } from '@medclipseg/backends';
import { wasmPaths } from '@medclipseg/backends/vite';
import { getThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import type { Device, DevicePreference } from './protocol.ts';

/** Why WebGPU does not work, by the kind of error. */
const REASONS: Readonly<Record<string, Device['reason']>> = {
  'backends/missing': 'no-webgpu',
  'backends/no-adapter': 'no-adapter',
  'backends/software-gpu': 'software-gpu',
};

const reasonFor = (tag?: string): Device['reason'] => REASONS[tag ?? ''] ?? 'gpu-failed';

const deviceOf = (name: BackendName, reason: Device['reason'], adapter?: string): Device => ({
  backend: name as Device['backend'],
  adapter,
  ...(name === 'wasm' && { threads: getThreadsCount() }),
  reason,
});

async function useWasm(reason: Device['reason']): Promise<Device> {
  // Browsers without wasm still have the plain cpu backend.
  const { name } = await selectBackend('wasm', { wasmPaths }).catch(() => selectBackend('cpu'));
  return deviceOf(name, reason);
}

/** @param preference `webgpu` accepts a software adapter; `auto` does not */
export async function selectDevice(preference: DevicePreference): Promise<Device> {
  if (preference === 'wasm') return useWasm('asked');
  if (preference === 'webgpu')
    try {
      const { name, adapter } = await selectBackend('webgpu');
      return deviceOf(name, 'asked', adapter);
    } catch (error) {
      return useWasm(reasonFor(isBackendError(error) ? error.tag : undefined));
    }
  const { name, adapter, skipped } = await selectBackend('auto', { wasmPaths });
  if (name === 'webgpu') return deviceOf(name, 'gpu-works', adapter);
  return deviceOf(name, reasonFor(skipped.find((skip) => skip.name === 'webgpu')?.tag));
}
