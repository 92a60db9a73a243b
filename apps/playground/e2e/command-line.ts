// The command line's result for the same input.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MAIN = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));
const START = ['--conditions=@medclipseg/source', '--import', 'tsx', MAIN];

/** The mask file that `medclipseg predict` writes. */
export async function predictedMask(png: Uint8Array, prompt: string, samples: number): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'playground-'));
  try {
    const image = join(folder, 'image.png');
    await writeFile(image, png);
    const flags = ['--prompt', prompt, '--samples', `${samples}`, '--backend', 'wasm', '--out', folder];
    await promisify(execFile)(process.execPath, [...START, 'predict', image, ...flags]);
    return await readFile(join(folder, 'image-mask.png'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
