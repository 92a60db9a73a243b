// Without sharp, which is an optional peer, everything works but WebP and encoding.
import { expect, it, vi } from 'vitest';
import { isDatasetError } from '../errors.ts';
import { decodeImage } from './decode-node.ts';
import { encodePng } from './encode.ts';
import { encodeAnyPng } from './testing/encoders.ts';

vi.mock('sharp', () => {
  throw new Error('no such package');
});

it('names the package to install', async () => {
  const error = await encodePng({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) }).catch((cause) => cause);
  expect(isDatasetError(error, 'datasets/sharp')).toBe(true);
  expect(error.message).toBe(
    'sharp: expected to be installed to encode PNG, got no such package. Run `npm install sharp`.',
  );
});

it('decodes PNG', async () => {
  const bytes = encodeAnyPng({ width: 3, height: 1, bits: 8, colorType: 0, interlaced: false, sample: (x) => 9 * x });
  expect([...(await decodeImage(bytes, { as: 'gray' })).data]).toEqual([0, 9, 18]);
});
