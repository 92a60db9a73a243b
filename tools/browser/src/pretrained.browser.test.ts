// Models opened in a page: by name, by address, from a picked file; saved and opened again.

import { weights } from '@medclipseg/mini';
import { flatten } from '@medclipseg/nn';
import type { Progress } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { encodeCheckpoint, MedCLIPSeg } from 'medclipseg';
import { expect, it } from 'vitest';

/** The hash of all weights; a matcher looks at millions of numbers one by one. */
async function hashOf({ network }: MedCLIPSeg): Promise<string> {
  const values = await Promise.all([...flatten(network.parameters).values()].map((tensor) => tensor.data()));
  const bytes = await new Blob(values as Float32Array<ArrayBuffer>[]).arrayBuffer();
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).join();
}

it('mini opens by its name, by its address and from a Blob, and goes through a file unchanged', async () => {
  const progress: Progress[] = [];
  const model = await MedCLIPSeg.fromPretrained('mini', {
    device: 'cpu',
    onProgress: (report) => progress.push(report),
  });
  const { size } = await (await fetch(weights)).blob();
  expect(progress.at(-1)).toEqual({ loaded: size, total: size, file: 'mini.safetensors' });
  expect(model.info).toMatchObject({ path: weights.href, format: 'medclipseg' });

  const tensors = tf.memory().numTensors;
  const expected = await hashOf(model);
  const saved = new Blob([await encodeCheckpoint(model.network, model.tokenizer.toJson())]);
  for (const source of [weights, weights.href, new URL(weights).pathname, saved]) {
    const again = await MedCLIPSeg.fromPretrained(source);
    expect(again.network.config).toEqual(model.network.config);
    expect(await hashOf(again)).toBe(expected);
    again.dispose();
  }
  expect(tf.memory().numTensors).toBe(tensors);
  model.dispose();
});

it('names an address that is not there, and stops when asked to', async () => {
  await expect(MedCLIPSeg.fromPretrained('/no-such-folder/none.safetensors')).rejects.toThrow(/expected/);
  await expect(MedCLIPSeg.fromPretrained('mini', { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
});
