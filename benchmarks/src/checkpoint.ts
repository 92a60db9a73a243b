// Opening a checkpoint of the size of the published ones: time, and peak memory beside what is kept.
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeSafetensors } from '@medclipseg/weights/node';
import { pickledTensors } from '../../packages/weights/testing/pickle.ts';
import { zipPieces } from '../../packages/weights/testing/zip.ts';
import type { Result } from './result.ts';

/** 256 weights of 1024x1024, 1 GiB in all. */
const NAMES = Array.from({ length: 256 }, (_, i) => `blocks.${i}.weight`);
const SIDE = 1024;

/** What `load-checkpoint.ts` prints. */
export interface Loaded {
  readonly seconds: number;
  /** Bytes of the tensors kept. */
  readonly kept: number;
  /** Largest resident memory of the process, Node included, in bytes. */
  readonly peak: number;
}

const value = { shape: [SIDE, SIDE], data: new Float32Array(SIDE * SIDE).fill(0.5) };

/** Files of the same tensors, by what they are called. */
const FORMATS: Readonly<Record<string, (path: string) => Promise<void>>> = {
  safetensors: (path) => writeSafetensors(path, new Map(NAMES.map((name) => [name, value]))),
  /** As `torch.save` writes it: a zip archive of a pickle and one storage for each tensor. */
  pth: async (path) => {
    const storage = { elements: SIDE * SIDE, shape: value.shape, strides: [SIDE, 1] };
    const pickle = pickledTensors(Object.fromEntries(NAMES.map((name, i) => [name, { ...storage, key: `${i}` }])));
    const bytes = new Uint8Array(value.data.buffer);
    const storages = NAMES.map((_, i) => ({ name: `archive/data/${i}`, bytes }));
    const file = await open(path, 'w');
    try {
      for (const [at, piece] of zipPieces([{ name: 'archive/data.pkl', bytes: pickle }, ...storages]).pieces)
        await file.write(piece, 0, piece.length, at);
    } finally {
      await file.close();
    }
  },
};

/** Measured in processes of their own, so that nothing else counts. */
export async function checkpoint(): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  const results: Result[] = [];
  try {
    for (const [format, write] of Object.entries(FORMATS)) {
      const path = join(folder, `model.${format}`);
      await write(path);
      const child = fileURLToPath(new URL('./load-checkpoint.ts', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, child, path]);
      await rm(path);
      const { seconds, kept, peak } = JSON.parse(stdout) as Loaded;
      results.push({
        suite: 'checkpoint',
        name: `1 GiB of ${format}, all tensors kept`,
        value: peak / kept,
        unit: 'tensors kept, by peak memory',
        promise: { atMost: 1.3 },
        detail: { seconds, 'peak MiB': peak / 2 ** 20, 'MiB/s': kept / 2 ** 20 / seconds },
      });
    }
    return results;
  } finally {
    await rm(folder, { recursive: true });
  }
}
