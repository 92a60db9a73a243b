// Opening a checkpoint of the published size: time, and peak memory relative to the size of the tensors.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeSafetensors } from '@medclipseg/weights/node';
import type { Result } from './result.ts';
import { writeTorchArchive } from './torch-archive.ts';

/** 256 tensors of 1024x1024 float32, 1 GiB in total. */
const NAMES = Array.from({ length: 256 }, (_, i) => `blocks.${i}.weight`);
const SIDE = 1024;

/** The output of `load-checkpoint.ts`. */
export interface Loaded {
  readonly seconds: number;
  /** Bytes of the tensors. */
  readonly kept: number;
  /** Peak resident memory of the process, including Node, in bytes. */
  readonly peak: number;
}

const data = new Float32Array(SIDE * SIDE).fill(0.5);
const tensors = NAMES.map((name) => ({ name, shape: [SIDE, SIDE], data }));

/** Writers of the same tensors, by format. */
const FORMATS: Readonly<Record<string, (path: string) => Promise<void>>> = {
  safetensors: (path) => writeSafetensors(path, new Map(tensors.map(({ name, ...value }) => [name, value]))),
  pth: (path) => writeTorchArchive(path, tensors),
};

/** Measures each format in a process of its own, so that nothing else counts. */
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
        name: `1 GiB of ${format}, all tensors in memory`,
        value: peak / kept,
        unit: 'peak memory / size of the tensors',
        bound: { atMost: 1.3 },
        detail: { seconds, 'peak MiB': peak / 2 ** 20, 'MiB/s': kept / 2 ** 20 / seconds },
      });
    }
    return results;
  } finally {
    await rm(folder, { recursive: true });
  }
}
