// A published checkpoint gives the same network whether it is complete or comes with the encoders in another file.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenBatch } from '@medclipseg/clip-encoders';
import { wordTokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { disposeParameters, flatten } from '@medclipseg/nn';
import { replayedNoise } from '@medclipseg/nn/testing';
import { eachBackend } from '@medclipseg/testing';
import { storedTensors, type TensorFile } from '@medclipseg/weights';
import { openTensorFile, writeSafetensors } from '@medclipseg/weights/node';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { PublishedOptions } from '../index.ts';
import { encodePrefix, loadModel, predictLogits, trunk } from '../internal.ts';
import { findPublished } from './published.ts';

const golden = new URL('../../../../../shared/golden/', import.meta.url).pathname;
const FAMILIES = ['clip', 'unimedclip', 'biomedclip'] as const;

const open = (path: string, options: PublishedOptions) => loadModel(path, options);

/** The first tensor of a name with its values, as tfjs takes it. */
async function tensor(file: TensorFile, name: string): Promise<tf.Tensor> {
  const { shape, data } = await file.read(name);
  return tf.tensor(data, [...shape]);
}

eachBackend('published checkpoints', () => {
  it.skipIf(!existsSync(golden)).each(FAMILIES)('%s gives the logits of the reference', async (family) => {
    const folder = join(golden, `${family}-tiny`);
    const file = await openTensorFile(join(folder, 'forward.safetensors'));
    const sizes = JSON.parse(file.metadata.config as string) as Record<string, number>;
    const { vocab, context, vision_heads, text_heads } = sizes as Record<string, number>;
    const words = Array.from({ length: (vocab as number) - 4 }, (_, i) => `w${i}`);
    const options = {
      tokenizer: wordTokenizer({ words, contextLength: context as number }),
      heads: { image: vision_heads as number, text: text_heads as number },
    };
    const { network } = await open(join(folder, 'checkpoint.pth'), options);
    const { shape, data } = await file.read('token_ids');
    const [rows, length] = shape as [number, number];
    const ids = Array.from({ length: rows }, (_, i) => Int32Array.from(data.subarray(i * length, (i + 1) * length)));
    const prompts = tokenBatch(ids);
    const names = [...file.tensors.keys()].filter((name) => name.startsWith('sample.0.noise.')).sort();
    const noise = await Promise.all(names.map((name) => tensor(file, name)));
    const planar = await tensor(file, 'image');
    const logits = tf.tidy(() => {
      const image = tf.transpose(planar, [0, 2, 3, 1]);
      const start = encodePrefix(network, image, prompts);
      return predictLogits(network, trunk(network, start, prompts, { noise: replayedNoise(noise) }));
    });
    const expected = (await file.read('sample.0.logits')).data;
    const actual = await logits.data();
    for (const [i, value] of expected.entries()) expect(Math.abs((actual[i] as number) - value)).toBeLessThan(1e-4);
    await file.close();
    tf.dispose([logits, planar, prompts.ids, ...noise]);
    disposeParameters(network.parameters);
  });

  it.skipIf(!existsSync(golden))('the trained part needs the encoders, and with them is the whole', async () => {
    const path = join(golden, 'clip-tiny/checkpoint.pth');
    const folder = await mkdtemp(join(tmpdir(), 'published-'));
    const part = join(folder, 'trained.safetensors');
    const whole = await openTensorFile(path);
    const trained = [...storedTensors(findPublished(whole) as TensorFile)].filter(([name]) =>
      /^(pvl_adapters|upscale|mask_head)\./.test(name),
    );
    await writeSafetensors(part, new Map(trained));
    await whole.close();
    const words = Array.from({ length: 60 }, (_, i) => `w${i}`);
    const options = { tokenizer: wordTokenizer({ words, contextLength: 16 }), heads: { image: 2, text: 2 } };
    await expect(open(part, options)).rejects.toThrow(/expected encoders, got only what was trained. Name/);
    await expect(open(path, { ...options, layers: [1] })).rejects.toThrow(/expected 2 layers, one per adapter, got 1/);
    const small = wordTokenizer({ words: ['w'], contextLength: 16 });
    await expect(open(path, { ...options, tokenizer: small })).rejects.toThrow(/a tokenizer of 64 ids, got one of 5/);
    await expect(open(path, { heads: options.heads })).rejects.toThrow(/its tokenizer next to it/);

    const [one, other] = [await open(path, options), await open(part, { ...options, encoders: path })];
    expect(other.network.config).toEqual(one.network.config);
    const expected = flatten(one.network.parameters);
    const actual = flatten(other.network.parameters);
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, value] of expected)
      expect(await (actual.get(name) as tf.Tensor).data(), name).toEqual(await value.data());
    for (const { network } of [one, other]) disposeParameters(network.parameters);
    await rm(folder, { recursive: true });
  });
});
