// npm run parity:full -- [FOLDER] [--case a,b] [--backend wasm] [--python python3] [--clean]: towers and whole
// models at full size against PyTorch. Checkpoints with random weights are made by tools/reference where FOLDER (a cache folder by default) lacks them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type BackendName, releaseBackend, selectBackend } from '@medclipseg/backends';
import {
  type Clip,
  encodeImage,
  encodeText,
  type FamilyName,
  families,
  openClip,
  similarityLogits,
} from '@medclipseg/clip-encoders';
import { disposeParameters, type TreeOf } from '@medclipseg/nn';
import type { TensorFile } from '@medclipseg/weights';
import { openTensorFile } from '@medclipseg/weights/node';
import * as tf from '@tensorflow/tfjs-core';
import { gradientError, type Inputs, inputs } from './compare.ts';
import { modelOutputs, openNetwork } from './full-model.ts';
import { loadsStrictly } from './strict.ts';

const TOWERS = ['unimedclip', 'biomedclip', 'clip', 'clip-hub', 'pubmedclip'];
const CASES = [...TOWERS, ...Object.keys(families).map((family) => `medclipseg-${family}`)];
const QUANTITIES = ['patch_features', 'image_features', 'text_features', 'logits'];
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

/** What CLIP makes of the reference's inputs, by the reference's names. */
function clipOutputs(clip: Clip, { image, prompts }: Inputs) {
  const { patches, vector } = encodeImage(clip, image);
  const text = encodeText(clip, prompts);
  const logits = similarityLogits(clip, vector, text);
  return { patch_features: patches, image_features: vector, text_features: text, logits };
}

/** Runs the weights of one file, a whole model or a pair of towers; frees all but the outputs. */
async function outputsOf(weights: TensorFile, reference: TensorFile): Promise<Record<string, tf.Tensor>> {
  const family = reference.metadata.family as FamilyName;
  const given = await inputs(reference);
  const free = <P>(parameters: P & TreeOf<tf.Tensor, P>) => {
    disposeParameters(parameters);
    tf.dispose([given.image, given.prompts.ids]);
  };
  if (reference.metadata.kind === 'medclipseg') {
    const network = await openNetwork(weights, family);
    const outputs = await modelOutputs(network, reference, given);
    free(network.parameters);
    return outputs;
  }
  const clip = await openClip(weights, { family });
  const outputs = clipOutputs(clip, given);
  free(clip.parameters);
  return outputs;
}

let compared = 0;
let failures = 0;
await selectBackend(values.backend as BackendName);
console.log('| file | size | patch features | image vector | text vector | logits |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const name of values.case.split(',')) {
  if (!present(name)) continue;
  const folder = join(root, name);
  const reference = await openTensorFile(join(folder, REFERENCE));
  const whole = reference.metadata.kind === 'medclipseg';
  for (const file of readdirSync(folder).filter((f) => /\.(pth|pt|bin|safetensors)$/.test(f) && f !== REFERENCE)) {
    const weights = await openTensorFile(join(folder, file));
    const outputs = await outputsOf(weights, reference);
    await weights.close();
    const cells: string[] = [];
    for (const quantity of QUANTITIES) {
      const tensor = outputs[quantity];
      // Relative to the largest expected entry.
      const error = tensor && gradientError(await tensor.data(), (await reference.read(quantity)).data);
      if (error !== undefined) compared += 1;
      if (error !== undefined && !(error <= TOLERANCE)) failures += 1;
      cells.push(error?.toExponential(1) ?? '');
    }
    tf.dispose(Object.values(outputs));
    const size = `${(statSync(join(folder, file)).size / 2 ** 20).toFixed(0)} MiB`;
    console.log(`| ${name}/${file} | ${size} | ${cells.join(' | ')} |`);
    if (whole && !(await loadsStrictly(join(folder, file), reference.metadata.family as FamilyName, values.python)))
      failures += 1;
  }
  await reference.close();
  if (values.clean) rmSync(folder, { recursive: true });
}
await releaseBackend();
console.log(`\n${compared} values compared with a tolerance of ${TOLERANCE}, ${failures} failures.`);
// Where nothing could be made, nothing was shown.
process.exit(compared > 0 && failures === 0 ? 0 : 1);
