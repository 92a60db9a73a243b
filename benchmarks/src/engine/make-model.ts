// Writes a checkpoint of the published size with weights by rule. Run as a process by `engine.ts`: NAME PATH.
import { writeFile } from 'node:fs/promises';
import { selectBackend } from '@medclipseg/backends';
import { wordTokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { freeze, shapesOf } from '@medclipseg/nn';
import { weightsOf } from '@medclipseg/parity/rule';
import * as tf from '@tensorflow/tfjs-core';
import { encodeCheckpoint, type ModelConfig } from 'medclipseg';
import { assembleModel, modelSpec } from 'medclipseg/internal';
import { FULL_SIZES } from './models.ts';

/** Ids of a word tokenizer that are no words: padding, unknown, start and end. */
const SPECIAL_IDS = 4;

const [name, path] = process.argv.slice(2) as [string, string];
await selectBackend('cpu');
const config = FULL_SIZES[name] as ModelConfig;
const { vocabulary, context } = config.text;
const words = Array.from({ length: vocabulary - SPECIAL_IDS }, (_, i) => `word${i}`);
const tensors = new Map<string, tf.Tensor>();
for (const [key, shape] of shapesOf(modelSpec(config))) tensors.set(key, tf.tensor(weightsOf(key, shape), [...shape]));
const parameters = freeze(assembleModel(config, tensors));
const tokenizer = wordTokenizer({ words, contextLength: context });
await writeFile(path, await encodeCheckpoint({ config, parameters }, tokenizer.toJson()));
