// The published preprocessing in a page: the golden images, decoded, resized and rotated, to the byte.
import { type RasterImage, resizeLinear, resizeNearest, rotateNearest, thresholdMask } from '@medclipseg/datasets';
import { decodeImage } from '@medclipseg/datasets/browser';
import { bytesSource, openSafetensors } from '@medclipseg/weights';
import { describe, expect, inject, it } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    golden: string | undefined;
  }
}

const golden = inject('golden');

async function fetchBytes(name: string): Promise<Uint8Array> {
  const response = await fetch(`/@fs${golden}/preprocess/${name}`);
  if (!response.ok) throw new Error(`${name}: expected a golden file, got status ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Mean difference between bytes. */
const difference = (pixels: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(pixels.length).toBe(expected.length);
  let sum = 0;
  for (let i = 0; i < pixels.length; i++) sum += Math.abs((pixels[i] as number) - (expected[i] as number));
  return sum / pixels.length;
};

const bgr = ({ data }: RasterImage) => data.map((_, i) => data[i - (i % 3) + 2 - (i % 3)] as number);

describe.skipIf(golden === undefined)('preprocessing as published (skipped where the golden values are absent)', () => {
  it('gives the golden bytes', async () => {
    const expected = await openSafetensors(
      bytesSource(await fetchBytes('expected.safetensors'), 'expected.safetensors'),
    );
    const differences: Record<string, number> = {};
    for (const name of expected.tensors.keys()) {
      const { shape, data } = await expected.read(name);
      const [height, width] = shape as [number, number];
      const [kind, ...rest] = name.split('.');
      const file = rest.slice(0, -1).join('.');
      if (kind === 'image') {
        const image = await decodeImage(await fetchBytes(file), { name: file });
        differences[name] = difference(bgr(resizeLinear(image, width, height)), data);
      } else if (kind === 'mask') {
        const mask = await decodeImage(await fetchBytes(file), { as: 'gray', name: file });
        differences[name] = difference(thresholdMask(resizeNearest(mask, width, height)), data);
      } else if (rest[0] !== 'input') {
        const input = await expected.read('rotate.input');
        const image: RasterImage = { width, height, channels: 3, data: Uint8Array.from(input.data) };
        differences[name] = difference(rotateNearest(image, Number(rest[0])).data, data);
      }
    }
    expect(Object.keys(differences).length).toBeGreaterThan(15);
    for (const [name, mean] of Object.entries(differences)) expect([name, mean]).toEqual([name, 0]);
  });
});

describe('scans', () => {
  it.each(['frame.dcm', 'volume.nii.gz'])('%s opens, its reader loaded when it is needed', async (file) => {
    const response = await fetch(`/packages/datasets/src/fixtures/${file}`);
    const image = await decodeImage(new Uint8Array(await response.arrayBuffer()), { as: 'gray', name: file });
    expect([image.width, image.height, ...image.data]).toEqual([3, 2, 0, 51, 102, 153, 204, 255]);
  });

  it('an image rotated by its EXIF orientation is upright', async () => {
    const canvas = new OffscreenCanvas(6, 4);
    canvas.getContext('2d')?.fillRect(0, 0, 6, 4);
    const jpeg = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg' })).arrayBuffer());
    // An APP1 segment with one tag: orientation 6, a quarter turn.
    const exif = [
      0xff, 0xe1, 0, 34, 69, 120, 105, 102, 0, 0, 77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0,
      0, 0, 0, 0,
    ];
    const turned = Uint8Array.from([...jpeg.subarray(0, 2), ...exif, ...jpeg.subarray(2)]);
    expect(await decodeImage(turned)).toMatchObject({ width: 4, height: 6 });
    expect(await decodeImage(jpeg)).toMatchObject({ width: 6, height: 4 });
  });
});
