// Parity of the losses and their gradients.
import { binaryCrossEntropy, diceLosses, segmentationLoss, softContrastive, softTargets } from '@medclipseg/losses';
import { l2Normalize, valueAndGradients } from '@medclipseg/nn';
import type { TensorFile } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { gradientError, learn, toTensor, worstError } from '../compare.ts';
import type { Row } from '../report.ts';

/** Runs a golden file of a loss. */
export async function lossParity(name: string, file: TensorFile): Promise<Row[] | undefined> {
  if (!name.includes('losses/')) return undefined;
  return file.tensors.has('patch_features') ? contrastive(name, file) : segmentation(name, file);
}

async function contrastive(name: string, file: TensorFile): Promise<Row[]> {
  const options = { temperature: Number(file.metadata.temperature) };
  const patches = learn(toTensor(await file.read('patch_features')));
  const text = learn(toTensor(await file.read('text_features')));
  const rows: Row[] = [];
  const { value, gradients } = valueAndGradients(
    () => softContrastive(tf.mean(l2Normalize(patches), 1), text, options),
    new Map([
      ['patch_features', patches],
      ['text_features', text],
    ]),
  );
  const targets = softTargets(text, options);
  const compare = async (quantity: string, tensor: tf.Tensor, key: string) =>
    rows.push({
      file: name,
      quantity,
      error: worstError(await tensor.data(), (await file.read(key)).data),
      tolerance: 1e-5,
    });
  await compare('loss', value, 'loss');
  await compare('soft targets', targets, 'soft_targets');
  let worst = 0;
  for (const [key, gradient] of gradients) {
    const truth = (await file.read(`grad.${key}`)).data;
    // A batch of one has no gradient at all: compare absolutely where the truth is zero.
    const error = truth.every((v) => v === 0) ? worstError : gradientError;
    worst = Math.max(worst, error(await gradient.data(), truth));
  }
  rows.push({ file: name, quantity: 'gradients', error: worst, tolerance: 1e-4 });
  tf.dispose([value, targets, patches, text, ...gradients.values()]);
  return rows;
}

async function segmentation(name: string, file: TensorFile): Promise<Row[]> {
  const logits = learn(toTensor(await file.read('logits')));
  const target = toTensor(await file.read('target'));
  const rows: Row[] = [];
  const compare = async (quantity: string, tensor: tf.Tensor, key: string) => {
    rows.push({
      file: name,
      quantity,
      error: worstError(await tensor.data(), (await file.read(key)).data),
      tolerance: 1e-5,
    });
    tensor.dispose();
  };
  await compare(
    'bce',
    tf.tidy(() => binaryCrossEntropy(logits, target)),
    'bce',
  );
  for (const dice of ['row', 'region'] as const) {
    const theirs = dice === 'row' ? 'rowwise' : dice;
    await compare(
      `dice ${dice}`,
      tf.tidy(() => diceLosses[dice](logits, target)),
      `dice.${theirs}`,
    );
    const { value, gradients } = valueAndGradients(
      () => segmentationLoss(logits, target, undefined, { dice }).total,
      new Map([['logits', logits]]),
    );
    const gradient = gradients.get('logits') as tf.Tensor;
    const error = gradientError(await gradient.data(), (await file.read(`grad.${theirs}`)).data);
    rows.push({ file: name, quantity: `gradient ${dice}`, error, tolerance: 1e-4 });
    tf.dispose([value, gradient]);
  }
  tf.dispose([logits, target]);
  return rows;
}
