// The backend option that every computing command has.
import { type BackendName, selectBackend } from '@medclipseg/backends';

export const BACKEND_HELP = 'auto, node-gpu, node, webgpu, wasm or cpu';

/** Selects a backend and says which on stderr. */
export async function useBackend(name: string): Promise<BackendName> {
  const { name: selected } = await selectBackend(name as BackendName | 'auto');
  process.stderr.write(`backend: ${selected}\n`);
  return selected;
}
