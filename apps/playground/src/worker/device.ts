// Selects the device: a hardware GPU through WebGPU, otherwise WebAssembly.
import { type SelectedBackend, selectBackend } from '@medclipseg/backends';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import type { Device, DevicePreference } from './protocol.ts';

const wasmPaths = {
  'tfjs-backend-wasm.wasm': new URL(plain, import.meta.url).href,
  'tfjs-backend-wasm-simd.wasm': new URL(simd, import.meta.url).href,
  'tfjs-backend-wasm-threaded-simd.wasm': new URL(threaded, import.meta.url).href,
};

async function useWasm(reason: Device['reason']): Promise<Device> {
  // Browsers without wasm still have the plain cpu backend.
  const { name } = await selectBackend('wasm', { wasmPaths }).catch(
    (): Promise<SelectedBackend> => selectBackend('cpu'),
  );
  return { backend: name as Device['backend'], reason };
}

/** @param preference `webgpu` accepts a software adapter; `auto` does not, because wasm is faster */
export async function selectDevice(preference: DevicePreference): Promise<Device> {
  if (preference === 'wasm') return useWasm('asked');
  if (!navigator.gpu) return useWasm('no-webgpu');
  const found = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!found) return useWasm('no-adapter');
  const { description, vendor, architecture, isFallbackAdapter } = found.info;
  if (preference === 'auto' && (isFallbackAdapter || /swiftshader|llvmpipe/i.test(`${description} ${architecture}`)))
    return useWasm('software-gpu');
  try {
    await selectBackend('webgpu');
    const adapter = description || [vendor, architecture].filter(Boolean).join(' ') || undefined;
    return { backend: 'webgpu', adapter, reason: preference === 'auto' ? 'gpu-works' : 'asked' };
  } catch {
    return useWasm('gpu-failed');
  }
}
