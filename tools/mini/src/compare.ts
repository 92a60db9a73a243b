// Compares the TypeScript network with PyTorch's logits for the same weights (see `compare.py`); fails if they differ by more than 1e-4.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import { tokenBatch } from '@medclipseg/clip-encoders';
import * as tf from '@tensorflow/tfjs-core';
import { encodePrefix, loadModel, predictLogits, trunk } from 'medclipseg/internal';

const TOLERANCE = 1e-4;

const [folder] = process.argv.slice(2) as [string];
await selectBackend('wasm');
const { network, tokenizer } = await loadModel(join(folder, 'model.safetensors'));
const floats = async (name: string) => new Float32Array(new Uint8Array(await readFile(join(folder, name))).buffer);
const prompts = (await readFile(join(folder, 'prompts.txt'), 'utf8')).split('\n');
const size = network.config.vision.imageSize;
const image = tf.tensor4d(await floats('images.bin'), [prompts.length, size, size, 3]);
const expected = await floats('logits.bin');
const tokens = tokenBatch(prompts.map((prompt) => tokenizer.encode(prompt)));
const logits = await tf
  .tidy(() => predictLogits(network, trunk(network, encodePrefix(network, image, tokens), tokens)))
  .data();
const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const error = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (logits[i] as number))), 0);
process.stdout.write(`largest logit ${largest.toFixed(2)}, largest difference ${error.toExponential(2)}\n`);
if (!(error <= TOLERANCE * Math.max(1, largest))) process.exitCode = 1;
