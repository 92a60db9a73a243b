// The first steps of the settings `small` on ONNX Runtime and on wasm: processor time, and the largest difference of a loss.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writePhantoms } from '@medclipseg/datasets/node';
import { build } from 'esbuild';
import type { Result } from '../result.ts';
import type { Trained, TrainOptions } from './train.ts';

const STEPS = 50;
/** From this step on, code is compiled and images are decoded ahead. */
const SETTLED = 10;

const TRAIN = fileURLToPath(new URL('./train.ts', import.meta.url));
/** Next to `src`, and as deep, so that paths and packages are found from there as well. */
const BUILT = fileURLToPath(new URL('../../dist/small/train.js', import.meta.url));

/** The child's command line. With built packages it needs no loader of TypeScript, as users have none: a loader takes a fifth of its start. */
async function command(): Promise<readonly string[]> {
  if (import.meta.resolve('medclipseg').endsWith('.ts')) return [...process.execArgv, TRAIN];
  await build({ entryPoints: [TRAIN], outfile: BUILT, target: 'node20' });
  return [BUILT];
}

/** Trains in a process of its own. */
async function train(options: TrainOptions): Promise<Trained> {
  const { stdout } = await promisify(execFile)(process.execPath, [...(await command()), JSON.stringify(options)]);
  return JSON.parse(stdout);
}

/** Processor seconds of a step once everything is warm. */
const settled = ({ cpu }: Trained): number =>
  ((cpu.at(-1) as number) - (cpu[SETTLED - 1] as number)) / 1000 / (cpu.length - SETTLED);

async function compare(data: string): Promise<Result[]> {
  const results: Result[] = [];
  const wasm = await train({ device: 'wasm', data, steps: STEPS });
  const seconds = ({ cpu }: Trained) => (cpu.at(-1) as number) / 1000;
  for (const threads of [1, 2].filter((count) => count <= availableParallelism())) {
    const onnx = await train({ device: 'onnx', threads, data, steps: STEPS });
    const name = `${STEPS} steps, onnx on ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    const apart = onnx.losses.map((loss, i) => Math.abs(loss - (wasm.losses[i] as number)));
    results.push(
      {
        suite: 'small',
        name,
        value: seconds(wasm) / seconds(onnx),
        unit: 'CPU time of the process, wasm / onnx',
        bound: { atLeast: 2.5 },
        detail: {
          'wasm s': seconds(wasm),
          'onnx s': seconds(onnx),
          'before the first step, wasm s': wasm.began / 1000,
          'onnx, before it, s': onnx.began / 1000,
          [`a step from ${SETTLED} on, wasm / onnx`]: settled(wasm) / settled(onnx),
        },
      },
      {
        suite: 'small',
        name,
        value: Math.max(...apart),
        unit: 'largest difference of a loss',
        bound: { atMost: 1e-4 },
      },
    );
  }
  return results;
}

/** @param dataset a folder in the published layout; phantoms by default */
export async function small(dataset?: string): Promise<Result[]> {
  if (dataset !== undefined) return compare(dataset);
  const folder = await mkdtemp(join(tmpdir(), 'bench-small-'));
  try {
    const phantoms = join(folder, 'phantoms');
    await writePhantoms(phantoms, { modality: 'endoscopy', count: 600, seed: 1, size: 256 });
    return await compare(phantoms);
  } finally {
    await rm(folder, { recursive: true });
  }
}
