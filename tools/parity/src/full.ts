// npm run parity:full -- [FOLDER] [--case a,b] [--backend wasm] [--python python3] [--clean]: the towers at full size against PyTorch.
// Checkpoints with random weights are made by tools/reference where FOLDER (a cache folder by default) lacks them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Clip,
  encodeImage,
  encodeText,
  type FamilyName,
  openClip,
  similarityLogits,
} from '@medclipseg/clip-encoders';
import { disposeParameters } from '@medclipseg/nn';
import { type BackendName, releaseBackend, selectBackend } from '@medclipseg/nn/backends';
import type { TensorFile } from '@medclipseg/weights';
import { openTensorFile } from '@medclipseg/weights/node';
import * as tf from '@tensorflow/tfjs-core';
import { tokenBatch } from 'medclipseg';
import { channelsLast, gradientError, toTensor } from './compare.ts';

const CASES = ['unimedclip', 'biomedclip', 'clip', 'clip-hub', 'pubmedclip'];
const TOLERANCE = 1e-4;
const REFERENCE = 'reference.safetensors';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    case: { type: 'string', default: CASES.join() },
    backend: { type: 'string', default: 'wasm' },
    python: { type: 'string', default: 'python3' },
    clean: { type: 'boolean', default: false },
  },
});
const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const root = resolve(positionals[0] ?? join(cache, 'medclipseg', 'parity-full'));
const maker = resolve(import.meta.dirname, '../../reference/make.py');

/** Whether the case's files lie in `root`, made now if need be. */
function present(name: string): boolean {
  if (existsSync(join(root, name, REFERENCE))) return true;
  const { status, error } = spawnSync(values.python, [maker, name, root], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === 0) return true;
  const reason = error ? `${values.python} does not start` : `${values.python} ${maker} gave up`;
  console.log(`${name}: skipped, ${reason}. Install tools/reference/requirements.txt for it.`);
  return false;
}

/** Worst error of each quantity, relative to its largest expected entry. */
async function errorsOf(clip: Clip, reference: TensorFile): Promise<Record<string, number>> {
  const nchw = toTensor(await reference.read('image'));
  const image = channelsLast(nchw);
  const { shape, data } = await reference.read('token_ids');
  const context = shape[1] as number;
  const sentences = tokenBatch(
    Array.from({ length: shape[0] as number }, (_, i) =>
      Int32Array.from(data.subarray(i * context, (i + 1) * context)),
    ),
  );
  const { patches, vector } = encodeImage(clip, image);
  const text = encodeText(clip, sentences);
  const outputs = {
    patch_features: patches,
    image_features: vector,
    text_features: text,
    logits: similarityLogits(clip, vector, text),
  };
  const errors: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(outputs))
    errors[name] = gradientError(await tensor.data(), (await reference.read(name)).data);
  tf.dispose([nchw, image, sentences.ids, ...Object.values(outputs)]);
  return errors;
}

let failures = 0;
await selectBackend(values.backend as BackendName);
console.log(
  '| file | size | patch features | image vector | text vector | logits |\n| --- | --- | --- | --- | --- | --- |',
);
for (const name of values.case.split(',')) {
  if (!present(name)) continue;
  const folder = join(root, name);
  const reference = await openTensorFile(join(folder, REFERENCE));
  for (const file of readdirSync(folder).filter((f) => f !== REFERENCE && !f.endsWith('.json'))) {
    const weights = await openTensorFile(join(folder, file));
    const clip = await openClip(weights, { family: reference.metadata.family as FamilyName });
    await weights.close();
    const errors = Object.values(await errorsOf(clip, reference));
    disposeParameters(clip.parameters as never);
    failures += errors.filter((error) => !(error <= TOLERANCE)).length;
    const size = `${(statSync(join(folder, file)).size / 2 ** 20).toFixed(0)} MiB`;
    console.log(`| ${name}/${file} | ${size} | ${errors.map((error) => error.toExponential(1)).join(' | ')} |`);
  }
  await reference.close();
  if (values.clean) rmSync(folder, { recursive: true });
}
await releaseBackend();
console.log(failures === 0 ? `\nAll within ${TOLERANCE}.` : `\n${failures} over ${TOLERANCE}.`);
process.exit(failures === 0 ? 0 : 1);
