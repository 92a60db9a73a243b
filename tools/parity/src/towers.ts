// npm run parity:towers -- FOLDER [--backend wasm]: encoders at full size in every published file format against PyTorch, from the files
// that tools/reference/make.py wrote to FOLDER.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type BackendName, releaseBackend, selectBackend } from '@medclipseg/backends';
import { encodeImage, encodeText, type FamilyName, openClip, similarityLogits } from '@medclipseg/clip-encoders';
import { disposeParameters } from '@medclipseg/nn';
import type { TensorFile } from '@medclipseg/weights';
import { openTensorFile } from '@medclipseg/weights/node';
import * as tf from '@tensorflow/tfjs-core';
import { gradientError, inputs } from './compare.ts';
import { failuresIn, printRows, type Row, summarize } from './report.ts';

const REFERENCE = 'reference.safetensors';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { backend: { type: 'string', default: 'wasm' } },
});
const folder = positionals[0];
if (!folder) {
  console.error('Usage: npm run parity:towers -- FOLDER [--backend wasm]');
  process.exit(2);
}
const root = resolve(folder);

/** Features and logits of the reference's inputs, by the reference's names. */
async function outputsOf(weights: TensorFile, reference: TensorFile): Promise<Record<string, tf.Tensor>> {
  const clip = await openClip(weights, { family: reference.metadata.family as FamilyName });
  const { image, prompts } = await inputs(reference);
  const { patches, vector } = encodeImage(clip, image);
  const text = encodeText(clip, prompts);
  const logits = similarityLogits(clip, vector, text);
  tf.dispose([image, prompts.ids]);
  disposeParameters(clip.parameters);
  return { patch_features: patches, image_features: vector, text_features: text, logits };
}

const rows: Row[] = [];
await selectBackend(values.backend as BackendName);
for (const name of readdirSync(root).filter((name) => existsSync(join(root, name, REFERENCE)))) {
  const reference = await openTensorFile(join(root, name, REFERENCE));
  const files = readdirSync(join(root, name)).filter((f) => /\.(pth|pt|bin|safetensors)$/.test(f) && f !== REFERENCE);
  for (const file of files) {
    const path = join(root, name, file);
    const weights = await openTensorFile(path);
    const outputs = await outputsOf(weights, reference);
    await weights.close();
    const size = `${(statSync(path).size / 2 ** 20).toFixed(0)} MiB`;
    for (const [quantity, tensor] of Object.entries(outputs))
      rows.push({
        file: `${name}/${file}, ${size}`,
        quantity,
        // Relative to the largest expected entry.
        error: gradientError(await tensor.data(), (await reference.read(quantity)).data),
        tolerance: 1e-4,
      });
    tf.dispose(Object.values(outputs));
  }
  await reference.close();
}
await releaseBackend();
printRows(values.backend, rows);
if (rows.length === 0) {
  console.error(`${root}: expected folders with ${REFERENCE}, got none. Make them with tools/reference/make.py.`);
  process.exit(1);
}
process.exit(summarize(failuresIn(rows)));
