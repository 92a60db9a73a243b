// What `segment` and `label` accept, and what they refuse.
import { selectBackend } from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { config, image, newParameters, tokenizer } from './fixtures/tiny-model.ts';
import { isModelError, MedCLIPSeg } from './index.ts';
import { toRgb } from './segment-inputs.ts';

let model: MedCLIPSeg;
let tensors = 0;
beforeAll(async () => {
  await selectBackend('cpu');
  model = new MedCLIPSeg({ config, parameters: newParameters() }, tokenizer);
  tensors = tf.memory().numTensors;
});
afterAll(() => {
  expect(tf.memory().numTensors).toBe(tensors);
  model.dispose();
});

const { width, height, data } = image;
const rgba = Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) =>
  i % 4 === 3 ? 128 : (data[3 * (i >> 2) + (i % 4)] as number),
);
const gray = Uint8Array.from({ length: width * height }, (_, i) => (i * 7) % 256);
const run = (given: object, prompt: unknown = 'polyp left', options: object = { samples: 1 }) =>
  model.segment(given as typeof image, prompt as string, options);

describe('segment', () => {
  it('takes gray as RGB of three equal channels, and the pixels of a canvas without their alpha', async () => {
    const rgb = (await run(image)).probability;
    expect((await run({ width, height, data: rgba })).probability).toEqual(rgb);
    expect((await run({ width, height, channels: 4, data: Uint8Array.from(rgba) })).probability).toEqual(rgb);
    const repeated = Uint8Array.from({ length: data.length }, (_, i) => gray[Math.floor(i / 3)] as number);
    expect((await run({ width, height, channels: 1, data: gray })).probability).toEqual(
      (await run({ width, height, channels: 3, data: repeated })).probability,
    );
    expect((await run({ width, height, channels: 3, data: new Uint8ClampedArray(data) })).probability).toEqual(rgb);
  });

  it('any image of any size is the same as its gray, RGB and RGBA forms', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.nat(6), fc.nat(255), (w, h, seed) => {
        const size = { width: w + 1, height: h + 1 };
        const values = Uint8Array.from({ length: size.width * size.height }, (_, i) => (i * 31 + seed) % 256);
        const forms = [1, 3, 4].map((channels) => ({
          ...size,
          channels: channels as 1 | 3 | 4,
          data: Uint8Array.from({ length: values.length * channels }, (_, i) =>
            i % channels === 3 ? 255 : (values[Math.floor(i / channels)] as number),
          ),
        }));
        for (const form of forms) expect(toRgb(form)).toEqual(toRgb(forms[1] as (typeof forms)[0]));
      }),
    );
  });

  it.each([
    [undefined, /image: expected pixels with width and height, got undefined/],
    ['scan.png', /image: expected pixels with width and height, got 'scan.png'/],
    [{ ...image, width: 1.5 }, /image.width: expected a natural number, 1 or more, got 1.5/],
    [{ ...image, height: 0 }, /image.height: expected a natural number, 1 or more, got 0/],
    [{ ...image, width: Number.NaN }, /image.width: .* got NaN/],
    [{ ...image, width: 2 ** 31, height: 2 ** 20 }, /image: expected at most [\d,]+ pixels, got 2147483648x1048576/],
    [{ ...image, channels: 2 }, /image.channels: expected 1 or 3 or 4, got 2/],
    [{ ...image, data: data.subarray(1) }, /image.data: expected 720 values for 20x12 pixels of 3 channels, got 719/],
    [{ width, height, data }, /image.data: expected 960 values for 20x12 pixels of 4 channels, got 720/],
    [{ ...image, data: new Float32Array(720).fill(Number.NaN) }, /expected a Uint8Array or .* got Float32Array/],
    [{ ...image, data: [...data] }, /expected a Uint8Array or Uint8ClampedArray, got Array/],
    [{ width, height, data: new Uint8ClampedArray(960) }, /expected visible pixels, got only transparent ones/],
  ])('refuses image %#', async (given, message) => {
    const error = await run(given as object).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    expect(isModelError(error, 'medclipseg/argument')).toBe(true);
  });

  it.each([
    ['', "''"],
    [' \n\u200b', "' \n\u200b'"],
    ['?!', "'?!'"],
    [7, '7'],
    [null, 'null'],
  ])('refuses the prompt %j', async (prompt, got) => {
    await expect(run(image, prompt)).rejects.toThrow(
      `prompt: expected words that describe what to segment, got ${got}. Write for example`,
    );
  });

  it('refuses a missing prompt', async () => {
    await expect(model.segment(image, undefined as never)).rejects.toThrow(/^prompt: .* got none/);
  });

  it.each([
    [{ samples: -1 }, /samples: expected a natural number, from 0 to 100000, got -1/],
    [{ samples: 1e9 }, /samples: .* got 1000000000/],
    [{ samples: '3' }, /samples: .* got '3'/],
    [{ fold: 0 }, /fold: expected a natural number, 1 or more, got 0/],
    [{ seed: Number.NaN }, /seed: expected a natural number, 0 or more, got NaN/],
    [{ seed: 0.5 }, /seed/],
    [{ interpolation: 'cubic' }, /interpolation: expected 'bilinear' or 'nearest', got 'cubic'/],
    [{ antithetic: 'yes' }, /antithetic: expected true or false, got 'yes'/],
    [{ stopWhen: 0.01 }, /stopWhen: expected a rule, got 0.01/],
    [{ stopWhen: { standardError: -1 } }, /stopWhen.standardError: .* got -1/],
    [{ stopWhen: { standardError: 0.1, minimum: 0 } }, /stopWhen.minimum/],
    [{ onSample: true }, /onSample: expected a function, got true/],
    [{ name: 3 }, /name: expected a string, got 3/],
    [{ sample: 3 }, /options: expected only samples, .* got the unknown option sample. Check the spelling/],
    [{ threshold: 0.5 }, /the unknown option threshold/],
  ])('refuses the options %j', async (options, message) => {
    await expect(run(image, 'polyp', options)).rejects.toThrow(message);
  });

  it('of several images names the one that it refuses, before the first is computed', async () => {
    let steps = 0;
    const onSample = () => {
      steps += 1;
    };
    const bad = { ...image, data: data.subarray(1) };
    await expect(model.segment([image, bad], 'polyp', { samples: 1, onSample })).rejects.toThrow(/images\[1\].data/);
    await expect(model.segment([image, image], ['polyp', ''], { samples: 1, onSample })).rejects.toThrow(
      /prompts\[1\]/,
    );
    expect(steps).toBe(0);
    expect(await model.segment([], 'polyp')).toEqual([]);
  });

  it('of a disposed model is refused', async () => {
    const gone = new MedCLIPSeg({ config, parameters: newParameters() }, tokenizer);
    gone.dispose();
    gone.dispose();
    await expect(gone.segment(image, 'polyp')).rejects.toMatchObject({ tag: 'medclipseg/disposed' });
  });
});

describe('label', () => {
  it.each([
    [{}, {}, /number of classes: expected a natural number, from 1 to 255, got 0/],
    [{ a: 'polyp', b: '' }, {}, /classes.b: expected words/],
    [{ a: 'polyp' }, { threshold: Number.NaN }, /threshold: .* got NaN/],
    [{ a: 'polyp' }, { threshold: 2 }, /threshold: expected a finite number, 0 or more, 1 or less, got 2/],
  ])('refuses %j with %j', async (classes, options, message) => {
    await expect(model.label(image, classes, options)).rejects.toThrow(message);
  });
});
