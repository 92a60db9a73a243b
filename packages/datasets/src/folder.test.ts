import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { augmentations } from './augment/steps.ts';
import type { SampleFile } from './folder.ts';
import { decodeImage, readImage } from './images/decode-node.ts';
import { SampleLoader } from './loading/loader.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'datasets-'));
});
afterEach(() => rm(folder, { recursive: true }));

const png = (width: number, height: number, value: number) =>
  sharp({ create: { width, height, channels: 3, background: { r: value, g: 0, b: 0 } } })
    .png()
    .toBuffer();

const preprocessing = { channelOrder: 'bgr', mean: [0, 0, 0], deviation: [1, 1, 1] } as const;

async function files(count: number): Promise<SampleFile[]> {
  await mkdir(join(folder, 'img'), { recursive: true });
  await mkdir(join(folder, 'label'), { recursive: true });
  const made: SampleFile[] = [];
  for (let i = 0; i < count; i++) {
    const [imagePath, maskPath] = [join(folder, 'img', `${i}.png`), join(folder, 'label', `${i}.png`)];
    await writeFile(imagePath, await png(8, 8, i));
    await writeFile(maskPath, await png(8, 8, 255));
    made.push({ name: `${i}`, prompt: `polyp ${i} on the left`, imagePath, maskPath });
  }
  return made;
}

describe('images', () => {
  it('a missing file, a file that is no image, and one cut short are named', async () => {
    await expect(readImage(join(folder, 'none.png'))).rejects.toThrow(/none.png: expected an image file, got none/);
    await expect(decodeImage(new TextEncoder().encode('no image'), { name: 'x.png' })).rejects.toThrow(
      /x.png: expected a PNG, JPEG/,
    );
    const whole = await sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        noise: { type: 'gaussian', mean: 128, sigma: 30 },
        background: 'black',
      },
    })
      .png()
      .toBuffer();
    await expect(decodeImage(whole.subarray(0, whole.length >> 1), { name: 'half.png' })).rejects.toThrow(
      /half.png: expected a whole image/,
    );
  });

  it('a BMP that claims more pixels than allowed is refused before it is decoded', async () => {
    const bytes = new Uint8Array(54);
    bytes.set([0x42, 0x4d]);
    new DataView(bytes.buffer).setInt32(18, 60_000, true);
    new DataView(bytes.buffer).setInt32(22, -60_000, true);
    await expect(decodeImage(bytes, { name: 'huge.bmp' })).rejects.toThrow(
      'huge.bmp: expected 1 to 50000000 pixels, got 60000x60000',
    );
  });

  it('a mask of another size than its image is refused', async () => {
    const [sample] = (await files(1)) as [SampleFile];
    await writeFile(sample.maskPath, await png(4, 8, 255));
    const reading = new SampleLoader({ size: 8 }).batches([sample], { batchSize: 1, preprocessing }).next();
    await expect(reading).rejects.toThrow('expected a mask of 8x8 pixels, as its image, got 4x8');
  });
});

describe('batches', () => {
  it('come in the requested order, in the model’s channel order, and resume in the middle', async () => {
    const all = await files(5);
    const seen: string[][] = [];
    const blue: number[] = [];
    for await (const batch of new SampleLoader({ size: 8 }).batches(all, {
      batchSize: 2,
      preprocessing,
      order: [4, 2, 0, 1, 3],
      from: 1,
    })) {
      seen.push([...batch.names]);
      blue.push(Math.round((batch.image[2] as number) * 255)); // red comes last
    }
    expect(seen).toEqual([['0', '1'], ['3']]);
    expect(blue).toEqual([0, 3]);
  });

  it('stop on a signal', async () => {
    const control = new AbortController();
    const iterator = new SampleLoader({ size: 8 }).batches(await files(4), {
      batchSize: 1,
      preprocessing,
      signal: control.signal,
    });
    await iterator.next();
    control.abort();
    await expect(iterator.next()).rejects.toThrow(/abort/i);
  });
});

describe('augmentation', () => {
  it('turns the place words with the image', () => {
    const image = {
      width: 2,
      height: 2,
      channels: 3 as const,
      data: Uint8Array.from([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]),
    };
    const mask = { width: 2, height: 2, channels: 1 as const, data: Uint8Array.from([1, 2, 3, 4]) };
    const turned = augmentations.flips({ image, mask, prompt: 'in the top left' }, () => 0);
    expect(turned.prompt).toBe('in the bottom right');
    expect([...turned.mask.data]).toEqual([4, 3, 2, 1]);
    expect(turned.image.data[0]).toBe(4);
  });
});
