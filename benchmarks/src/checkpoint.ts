// Opening a checkpoint of the size of the published ones: time, and peak memory beside what is kept.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeSafetensors } from '@medclipseg/weights/node';
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

/** Measured in a process of its own, so that nothing else counts. */
export async function checkpoint(): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  try {
    const path = join(folder, 'model.safetensors');
    const value = { shape: [SIDE, SIDE], data: new Float32Array(SIDE * SIDE).fill(0.5) };
    await writeSafetensors(path, new Map(NAMES.map((name) => [name, value])));
    const child = fileURLToPath(new URL('./load-checkpoint.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, child, path]);
    const { seconds, kept, peak } = JSON.parse(stdout) as Loaded;
    return [
      {
        suite: 'checkpoint',
        name: '1 GiB of safetensors, all tensors kept',
        value: peak / kept,
        unit: 'tensors kept, by peak memory',
        promise: { atMost: 1.3 },
        detail: { seconds, 'peak MiB': peak / 2 ** 20, 'MiB/s': kept / 2 ** 20 / seconds },
      },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}
