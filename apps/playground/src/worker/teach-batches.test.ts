import { drawPhantom } from '@medclipseg/datasets';
import { expect, it } from 'vitest';
import { batchAt, fitted, indicesAt } from './teach-batches.ts';

const preprocessing = { channelOrder: 'rgb', mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
const options = { size: 32, preprocessing, batchSize: 3, seed: 1 };
const examples = [1, 2, 3, 4].map((seed) =>
  fitted({ ...drawPhantom({ modality: 'dermoscopy', seed, size: 64 }), name: `${seed}` }, 32),
);

it('every round contains each example once, in a new order', () => {
  const shown = Array.from({ length: 8 }, (_, step) => indicesAt(step, 4, options)).flat();
  for (let round = 0; round < 6; round++) expect(shown.slice(4 * round, 4 * round + 4).sort()).toEqual([0, 1, 2, 3]);
  expect(new Set(Array.from({ length: 6 }, (_, r) => shown.slice(4 * r, 4 * r + 4).join())).size).toBeGreaterThan(1);
  expect(indicesAt(0, 1, options)).toEqual([0, 0, 0]);
});

it('a step always gives the same batch; other steps augment the same images differently', () => {
  const [first] = examples as [(typeof examples)[0]];
  const [a, b, c] = [batchAt(0, [first], options), batchAt(0, [first], options), batchAt(1, [first], options)];
  expect(a).toEqual(b);
  expect(a.image).not.toEqual(c.image);
  expect(a.image.length).toBe(3 * 3 * 32 * 32);
  expect(new Set(a.mask)).toEqual(new Set([0, 1]));
});

it('mirrored images come with mirrored location words', () => {
  const left = {
    ...(examples[0] as (typeof examples)[0]),
    mask: {
      width: 32,
      height: 32,
      channels: 1 as const,
      data: Uint8Array.from({ length: 1024 }, (_, i) => (i % 32 < 8 ? 255 : 0)),
    },
    prompt: 'one mole in the left',
  };
  for (let step = 0; step < 8; step++) {
    const { mask, prompts } = batchAt(step, [left], options);
    prompts.forEach((prompt, i) => {
      const own = mask.subarray(1024 * i, 1024 * (i + 1));
      const mean =
        own.reduce((sum, value, k) => sum + value * (k % 32), 0) / own.reduce((sum, value) => sum + value, 0);
      expect(/left/.test(prompt)).toBe(mean < 16);
    });
  }
});
