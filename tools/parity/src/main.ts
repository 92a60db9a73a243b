// npm run parity -- FOLDER [--backend cpu,wasm,webgpu,onnx] [--perturb-gate 0.01]: every golden file under FOLDER against this implementation.
import { readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openTensorFile } from '@medclipseg/weights/node';
import * as tf from '@tensorflow/tfjs-core';
import { type DeviceName, selectDevice } from 'medclipseg';
import { failuresIn, printRows, type Row, summarize } from './report.ts';
import { filesParity } from './small/files.ts';
import { layerParity } from './small/layers.ts';
import { lossParity } from './small/losses.ts';
import { modelParity } from './small/model.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { backend: { type: 'string', default: 'cpu,wasm' }, 'perturb-gate': { type: 'string', default: '0' } },
});
const folder = positionals[0];
if (!folder) {
  console.error('Usage: npm run parity -- FOLDER [--backend cpu,wasm,webgpu,onnx] [--perturb-gate 0.01]');
  process.exit(2);
}
const root = resolve(folder);

/** Folders under `root` that contain a whole model, and files of single layers and losses. */
function find(at: string): { models: string[]; files: string[] } {
  const names = readdirSync(at);
  if (names.includes('forward.safetensors')) return { models: [at], files: [] };
  const found = { models: [] as string[], files: [] as string[] };
  for (const name of names) {
    const path = join(at, name);
    if (statSync(path).isDirectory()) {
      const inner = find(path);
      found.models.push(...inner.models);
      found.files.push(...inner.files);
    } else if (name.endsWith('.safetensors')) found.files.push(path);
  }
  return found;
}

async function onBackend(backend: string): Promise<Row[]> {
  const rows: Row[] = [];
  const { models, files } = find(root);
  const onnx = backend === 'onnx';
  // Single layers and losses have no graphs of their own.
  for (const path of onnx ? [] : files) {
    const name = relative(root, path);
    const file = await openTensorFile(path);
    const result = (await layerParity(name, file)) ?? (await lossParity(name, file));
    await file.close();
    rows.push(...(result ?? []));
  }
  for (const path of models)
    rows.push(...(await modelParity(path, basename(path), { perturbGate: Number(values['perturb-gate']), onnx })));
  return rows;
}

let failures = 0;
const print = (title: string, rows: readonly Row[]) => {
  printRows(title, rows);
  failures += failuresIn(rows);
};

print('without tfjs', await filesParity(root));
for (const backend of values.backend.split(',')) {
  await selectDevice(backend as DeviceName);
  const before = tf.memory().numTensors;
  const rows = await onBackend(backend);
  print(backend, rows);
  const left = tf.memory().numTensors - before;
  if (rows.length === 0 || left !== 0) {
    failures += 1;
    console.log(` FAIL  ${rows.length} quantities compared, ${left} tensors not disposed`);
  }
}
process.exit(summarize(failures));
