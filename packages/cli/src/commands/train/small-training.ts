// A training of a few seconds on synthetic images, run as a user runs it.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePhantoms } from '@medclipseg/datasets/node';

const main = new URL('../../main.ts', import.meta.url).pathname;
const SETTINGS = `
NAME: phantoms
MODEL:
  IMAGE: { SIZE: 32, PATCH: 8, WIDTH: 16, LAYERS: 2, HEADS: 2, MLP_DIM: 32 }
  TEXT: { CONTEXT: 32, WIDTH: 16, LAYERS: 2, HEADS: 2, MLP_DIM: 32 }
  OUTPUT_DIM: 8
  ADAPTER_DIM: 8
  LAYERS: [1]
TRAIN: { BATCH_SIZE: 4, NUM_EPOCHS: 3, LEARNING_RATE: 0.001, DICE: region }
`;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  /** Called with everything written to stderr so far; may stop the command. */
  readonly onNotice?: (text: string, stop: (signal: NodeJS.Signals) => void) => void;
  /** Largest size of a file in KiB, to simulate a full disk. */
  readonly fileLimit?: number;
}

export const run = (args: readonly string[], { onNotice, fileLimit }: RunOptions = {}) =>
  new Promise<Ended>((resolve) => {
    const command = [process.execPath, '--conditions=@medclipseg/source', '--import', 'tsx', main, ...args];
    const limit = fileLimit === undefined ? 'unlimited' : `${fileLimit}`;
    const child = spawn('/bin/bash', ['-c', `ulimit -f ${limit} && exec "$@"`, 'bash', ...command]);
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
      onNotice?.(err, (signal) => void child.kill(signal));
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });

/** A folder with a dataset of 40 phantoms and the settings of a small training. */
export async function smallTraining() {
  const folder = await mkdtemp(join(tmpdir(), 'training-'));
  const data = join(folder, 'data');
  const config = join(folder, 'settings.yaml');
  await writePhantoms(data, { modality: 'endoscopy', count: 40, seed: 1, size: 32 });
  await writeFile(config, SETTINGS);
  return {
    folder,
    data,
    config,
    trainInto: (out: string, ...more: string[]) => [
      ...['train', '--config', config, '--data', data, '--out', out, '--backend', 'wasm'],
      ...more,
    ],
    remove: () => rm(folder, { recursive: true }),
  };
}
