// The command line's result for the same input.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MAIN = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));
const START = ['--conditions=@medclipseg/source', '--import', 'tsx', MAIN];

/** A file that `medclipseg predict` writes for an input. */
export async function predicted(
  name: string,
  bytes: Uint8Array,
  prompt: string,
  options: readonly string[],
  output: string,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'playground-'));
  try {
    const input = join(folder, name);
    await writeFile(input, bytes);
    const flags = ['--prompt', prompt, ...options, '--backend', 'wasm', '--out', folder];
    await promisify(execFile)(process.execPath, [...START, 'predict', input, ...flags]);
    return await readFile(join(folder, output));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const predictedMask = (png: Uint8Array, prompt: string, samples: number): Promise<Uint8Array> =>
  predicted('image.png', png, prompt, ['--samples', `${samples}`], 'image-mask.png');
