// What export writes, where, and what it refuses. tools/onnx runs exported files in Python.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import { compile, type TensorData } from '@medclipseg/onnx/node';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { config, image, newParameters, tokenizer, withSkips } from '../fixtures/tiny-model.ts';
import { encodeCheckpoint, isModelError, MedCLIPSeg } from '../index.ts';
import { initializeModel } from '../network.ts';
import { type ExportCard, exportOnnx } from './index.ts';

let folder: string;
let out: string;
let model: MedCLIPSeg;
let count = 0;

beforeAll(async () => {
  await selectBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'export-'));
  const parameters = newParameters();
  await writeFile(join(folder, 'tiny.safetensors'), await encodeCheckpoint({ config, parameters }, tokenizer.toJson()));
  model = await MedCLIPSeg.fromPretrained(join(folder, 'tiny.safetensors'), { device: 'cpu' });
});
beforeEach(() => {
  out = join(folder, `out${count++}`);
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true });
});

/** The mean network's map, computed from files by their card. */
async function meanFrom(place: string, prompt: string): Promise<Float32Array> {
  const card: ExportCard = JSON.parse(await readFile(join(place, 'card.json'), 'utf8'));
  const { prefix, sample } = card.graphs;
  const size = card.image.size;
  const small = Float32Array.from({ length: size * size * 3 }, (_, i) => Math.sin(i));
  const token_ids: TensorData = {
    type: 'int32',
    shape: [1, card.tokenizer.contextLength],
    data: tokenizer.encode(prompt),
  };
  const first = await compile(join(place, prefix.file));
  const second = await compile(join(place, sample.file));
  const start = await first.run({ image: { type: 'float32', shape: [1, size, size, 3], data: small }, token_ids });
  const noise = card.noise.inputs.map(({ name, tokens, width }) => {
    const zero: TensorData = { type: 'float32', shape: [1, tokens, width], data: new Float32Array(tokens * width) };
    return [name, zero] as const;
  });
  const result = await second.run({ ...start, token_ids, ...Object.fromEntries(noise) });
  await Promise.all([first.dispose(), second.dispose()]);
  return result.probability?.data as Float32Array;
}

describe('exportOnnx', () => {
  it('writes files that compute the same wherever the weights are', async () => {
    const before = tf.memory().numTensors;
    const maps = [];
    for (const weights of ['inline', 'external', 'checkpoint'] as const) {
      const place = `${out}-${weights}`;
      const steps: number[] = [];
      const { files, card } = await exportOnnx(model, place, {
        weights,
        license: 'MIT',
        onProgress: (done, total) => steps.push(done / total),
      });
      expect((await readdir(place)).sort()).toEqual([...files].sort());
      expect(card).toEqual(JSON.parse(await readFile(join(place, 'card.json'), 'utf8')));
      expect([card.license, card.model.name]).toEqual(['MIT', 'tiny']);
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
      maps.push(await meanFrom(place, 'polyp left'));
    }
    expect(maps[1]).toEqual(maps[0]);
    expect(maps[2]).toEqual(maps[0]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("exports models whose decoder uses the stem's maps", async () => {
    const skipping = new MedCLIPSeg({ config: withSkips, parameters: initializeModel(withSkips, 1) }, tokenizer);
    const { card } = await exportOnnx(skipping, out, { name: 'skips' });
    expect(card.graphs.prefix.outputs.map(({ name }) => name)).toContain('stem_0');
    expect(await meanFrom(out, 'polyp')).toHaveLength(16 * 16);
    await skipping.dispose();
  });

  it('replaces an earlier export as a whole, and nothing else', async () => {
    await exportOnnx(model, out, { weights: 'external' });
    await exportOnnx(model, out);
    expect(await readdir(out)).not.toContain('prefix.data');
    await writeFile(join(out, 'notes.txt'), 'mine');
    const refused = (error: unknown) => isModelError(error, 'medclipseg/export');
    await expect(exportOnnx(model, out)).rejects.toThrow(/got a folder with 'notes.txt'\. Choose another folder/);
    await expect(exportOnnx(model, join(out, 'notes.txt'))).rejects.toThrow(/got a file/);
    await expect(exportOnnx(model, join(out, 'notes.txt', 'below'))).rejects.toSatisfy(refused);
    expect(await readFile(join(out, 'notes.txt'), 'utf8')).toBe('mine');
    const empty = join(folder, 'empty');
    await mkdir(empty);
    await exportOnnx(model, empty);
    expect(await readdir(empty)).toContain('card.json');
  });

  it('leaves nothing when it is aborted', async () => {
    const control = new AbortController();
    const before = await readdir(folder);
    const onProgress = () => control.abort();
    await expect(exportOnnx(model, out, { signal: control.signal, onProgress })).rejects.toThrow(/abort/);
    expect(await readdir(folder)).toEqual(before);
  });

  it('refuses unknown options, and checkpoints that do not hold the weights as they are', async () => {
    const argument = (error: unknown) => isModelError(error, 'medclipseg/argument');
    await expect(exportOnnx(model, out, { precision: 'int4' as 'int8' })).rejects.toSatisfy(argument);
    await expect(exportOnnx(model, out, { weights: 'nowhere' as 'inline' })).rejects.toSatisfy(argument);
    const unnamed = new MedCLIPSeg({ config, parameters: newParameters() }, tokenizer);
    await expect(exportOnnx(unnamed, out, { weights: 'checkpoint' })).rejects.toThrow(/got a model without a file/);
    await unnamed.dispose();
    await expect(unnamed.segment(image, 'polyp')).rejects.toThrow(/disposed/);
    await expect(exportOnnx(unnamed, out)).rejects.toSatisfy((error) => isModelError(error, 'medclipseg/disposed'));
  });
});
