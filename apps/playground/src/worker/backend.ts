// Chooses what computes: a real graphics adapter through WebGPU, otherwise wasm.
import { type SelectedBackend, selectBackend } from '@medclipseg/backends';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import type { Compute, Machine } from './protocol.ts';

const wasmPaths = {
  'tfjs-backend-wasm.wasm': new URL(plain, import.meta.url).href,
  'tfjs-backend-wasm-simd.wasm': new URL(simd, import.meta.url).href,
  'tfjs-backend-wasm-threaded-simd.wasm': new URL(threaded, import.meta.url).href,
};

async function useWasm(reason: Machine['reason']): Promise<Machine> {
  // A browser without wasm still has its plain cpu.
  const { name } = await selectBackend('wasm', { wasmPaths }).catch(
    (): Promise<SelectedBackend> => selectBackend('cpu'),
  );
  return { backend: name as Machine['backend'], reason };
}

/** @param compute `webgpu` takes a software adapter too; `auto` does not: wasm is faster */
export async function chooseBackend(compute: Compute): Promise<Machine> {
  if (compute === 'wasm') return useWasm('asked');
  if (!navigator.gpu) return useWasm('no-webgpu');
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return useWasm('no-adapter');
  const { description, vendor, architecture, isFallbackAdapter } = adapter.info;
  if (compute === 'auto' && (isFallbackAdapter || /swiftshader|llvmpipe/i.test(`${description} ${architecture}`)))
    return useWasm('software-gpu');
  try {
    await selectBackend('webgpu');
    const device = description || [vendor, architecture].filter(Boolean).join(' ') || undefined;
    return { backend: 'webgpu', device, reason: compute === 'auto' ? 'gpu-works' : 'asked' };
  } catch {
    return useWasm('gpu-failed');
  }
}
