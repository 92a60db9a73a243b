// Weight files of every published layout open by their names and shapes.
import { disposeParameters, flatten, initialize } from '@medclipseg/nn';
import { eachBackend } from '@medclipseg/testing';
import {
  KeyMismatchError,
  type KeyRule,
  type TensorFile,
  type TensorValue,
  tensorsInMemory,
  writeMapped,
} from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeImage, encodeText, similarityLogits } from './clip.ts';
import { UnknownWeightsError } from './errors.ts';
import { type Family, type FamilyName, families } from './families.ts';
import publishedKeys from './fixtures/published-keys.json' with { type: 'json' };
import { findEncoders, openClip, roundToHalf } from './open.ts';
import { encoderConfigs } from './sizes.ts';
import { textSpec } from './text.ts';
import { visionSpec } from './vision.ts';

const READ = new Error('a tensor was read');

/** A published file with the names and shapes of all twelve layers, but without values. */
function shapesOnly(shapes: Readonly<Record<string, readonly number[]>>): TensorFile {
  const names = Object.entries(shapes).flatMap(([name, shape]) => {
    const layered = /\.(resblocks|blocks|layers?)\.0\./.test(name);
    return Array.from({ length: layered ? 12 : 1 }, (_, i) => {
      const own = name.replace(/\.(resblocks|blocks|layers?)\.0\./, `.$1.${i}.`);
      return [own, { dtype: 'F32', shape }] as const;
    });
  });
  return {
    tensors: new Map(names),
    metadata: {},
    read: () => Promise.reject(READ),
    bytes: () => Promise.reject(READ),
    close: async () => {},
  };
}

describe('published files', () => {
  it.each([
    ['unimedclip', 'unimedclip', 16, 256],
    ['biomedclip', 'biomedclip', 16, 256],
    ['clip', 'clip', 16, 77],
    ['clip-hub', 'clip', 16, 77],
    ['pubmedclip', 'pubmedclip', 32, 77],
  ] as const)('%s is recognized by its names, its sizes by its shapes', async (name, family, patch, context) => {
    const file = shapesOnly(publishedKeys[name] as Record<string, number[]>);
    const found = findEncoders(file, family === 'pubmedclip' ? family : undefined);
    expect(found.family).toBe(family);
    const { vision, text } = encoderConfigs(family, found.weights, found.layout.keys);
    expect(vision).toMatchObject({
      imageSize: 224,
      patch,
      width: 768,
      layers: 12,
      heads: 12,
      mlpWidth: 3072,
      outputs: 512,
    });
    expect(text).toMatchObject(
      context === 256
        ? { kind: 'bert', vocabulary: 30522, context, width: 768, layers: 12, heads: 12, mlpWidth: 3072, outputs: 512 }
        : { kind: 'clip', vocabulary: 49408, context, width: 512, layers: 12, heads: 8, mlpWidth: 2048, outputs: 512 },
    );
    // Every name is known, so opening fails only when it reads.
    await expect(openClip(file, { family })).rejects.toBe(READ);
  });

  it('reports what it looked for in a file without encoders', async () => {
    const file = tensorsInMemory(new Map([['fc.weight', { shape: [1], data: Float32Array.of(1) }]]));
    await expect(openClip(file)).rejects.toThrow(UnknownWeightsError);
    await expect(openClip(file, { family: 'clip' })).rejects.toThrow(
      "the encoders of clip, got tensors such as 'fc.weight'",
    );
  });
});

const logitScale: KeyRule = { parameter: 'logitScale', key: 'logit_scale' };

/** Small encoders of a family with random weights, by our names. */
async function randomTowers(family: FamilyName): Promise<Map<string, TensorValue>> {
  const { vision, textKind }: Family = families[family];
  const sizes = { width: 64, layers: 2, heads: 1, mlpWidth: 96, outputs: 32 };
  const spec = {
    vision: visionSpec({ ...vision, ...sizes, imageSize: 8, patch: 4 }),
    text: textSpec({ ...sizes, kind: textKind, vocabulary: 20, context: 12, projectionWidth: 48 }),
    logitScale: { shape: [], init: { kind: 'constant' as const, value: 2 } },
  };
  const tensors = initialize(spec, 1);
  const values = new Map<string, TensorValue>();
  for (const [name, tensor] of flatten(tensors))
    values.set(name, { shape: tensor.shape, data: (await tensor.data()) as Float32Array });
  disposeParameters(tensors);
  return values;
}

/** The encoders in a file of the given layout. */
async function fileOf(
  values: ReadonlyMap<string, TensorValue>,
  keys: readonly KeyRule[],
  root = '',
): Promise<TensorFile> {
  const theirs = new Map<string, TensorValue>();
  for (const [name, tensor] of writeMapped(tensorsInMemory(values), [...keys, logitScale])) {
    const bytes = await tensor.bytes();
    theirs.set(root + name, { shape: tensor.shape, data: new Float32Array(bytes.slice().buffer) });
  }
  return tensorsInMemory(theirs);
}

eachBackend('openClip', () => {
  const layouts = (Object.keys(families) as FamilyName[]).flatMap((family) => {
    const row: Family = families[family];
    return [
      ['checkpoint', row.keys, 'model.'] as const,
      ...row.originalLayouts.map(({ keys }, i) => [`original file ${i}`, keys, 'state_dict.module.'] as const),
    ].map(([what, keys, root]) => ({ family, what, keys, root }));
  });

  it.each(layouts)('$family: $what opens to the same weights', async ({ family, keys, root }) => {
    const values = await randomTowers(family);
    const { config, parameters } = await openClip(await fileOf(values, keys, root), { family });
    const { halfPrecision }: Family = families[family];
    const opened = flatten(parameters);
    expect([...opened.keys()].sort()).toEqual([...values.keys()].sort());
    for (const [name, tensor] of opened) {
      const { shape, data } = values.get(name) as TensorValue;
      expect(tensor.shape).toEqual(shape);
      expect(await tensor.data()).toEqual(halfPrecision?.test(name) ? roundToHalf(data) : data);
    }
    expect(config.vision).toMatchObject({ imageSize: 8, patch: 4, layers: 2, heads: 1, mlpWidth: 96, outputs: 32 });
    disposeParameters(parameters);
  });

  it('rounds what MedCLIPSeg rounds of pubmedclip, but not norms and embeddings', async () => {
    const names = [...(await randomTowers('pubmedclip')).keys()];
    const { halfPrecision } = families.pubmedclip;
    expect(names.filter((name) => !halfPrecision.test(name)).map((name) => name.replace(/\d/, '{i}'))).toEqual(
      expect.arrayContaining(['vision.classToken', 'vision.positions', 'text.words', 'vision.blocks.{i}.norm1.weight']),
    );
    for (const part of ['vision.patch.weight', 'text.projection.weight', 'text.blocks.1.attention.query.bias'])
      expect(halfPrecision.test(part)).toBe(true);
    expect(halfPrecision.test('vision.postNorm.bias')).toBe(false);
  });

  it('keeps no tensor if a file does not fit or reading fails', async () => {
    const values = await randomTowers('clip');
    const { keys } = families.clip.originalLayouts[0];
    const surplus = await fileOf(values, keys);
    const more = new Map(surplus.tensors).set('visual.extra', { dtype: 'F32', shape: [1] });
    await expect(openClip({ ...surplus, tensors: more })).rejects.toThrow(KeyMismatchError);
    let reads = 0;
    const read = (name: string) => (++reads > 20 ? Promise.reject(READ) : surplus.read(name));
    await expect(openClip({ ...surplus, read })).rejects.toBe(READ);
  });

  it('gives the similarity of images and prompts', async () => {
    const clip = await openClip(await fileOf(await randomTowers('biomedclip'), families.biomedclip.keys, 'model.'));
    expect(clip.config.family).toBe('biomedclip');
    const image = tf.randomNormal([3, 8, 8, 3], 0, 1, 'float32', 1);
    const ids = tf.tensor2d([2, 5, 6, 3, 0, 0, 0, 0, 0, 0, 0, 0], [1, 12], 'int32');
    const { patches, vector } = encodeImage(clip, image);
    const text = encodeText(clip, { ids, used: 4 });
    const logits = similarityLogits(clip, vector, text);
    const own = similarityLogits(clip, text, text);
    expect([patches.shape, vector.shape, text.shape, logits.shape]).toEqual([
      [3, 4, 32],
      [3, 32],
      [1, 32],
      [3, 1],
    ]);
    expect((await own.data())[0]).toBeCloseTo(Math.exp(2), 4);
    for (const logit of await logits.data()) expect(Math.abs(logit)).toBeLessThan(Math.exp(2));
    tf.dispose([image, ids, patches, vector, text, logits, own]);
    disposeParameters(clip.parameters);
  });
});

const round = (value: number) => roundToHalf(Float32Array.of(value))[0] as number;

describe('half precision', () => {
  it.each([
    [0, 0],
    [1, 1],
    [1 + 2 ** -11, 1], // ties go to the even neighbor
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [-0.1, -0.0999755859375],
    [65504, 65504],
    [65519, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [-1e6, Number.NEGATIVE_INFINITY],
    [2 ** -24, 2 ** -24],
    [2 ** -25, 0],
    [2 ** -14 - 2 ** -25, 2 ** -14],
  ])('%d → %d', (value, expected) => expect(round(value)).toBeCloseTo(expected, 30));

  it('is idempotent, monotone and within half a unit in the last of eleven places', () => {
    const number = fc.float({ min: -65500, max: 65500, noNaN: true });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const half = round(a);
        expect(round(half)).toBe(half);
        expect(Math.abs(half - a)).toBeLessThanOrEqual(Math.max(Math.abs(a) * 2 ** -11, 2 ** -25));
        if (a <= b) expect(half).toBeLessThanOrEqual(round(b));
      }),
    );
  });
});
