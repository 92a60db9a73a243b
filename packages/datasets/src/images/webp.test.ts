// WebP: orientation and alpha are handled here, so that every decoder gets the same opaque image.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode-node.ts';
import { readWebp } from './webp.ts';

const raw = { width: 6, height: 4, channels: 4 } as const;
const pixels = Uint8Array.from({ length: 96 }, (_, i) => (i % 4 === 3 ? (i * 5) % 256 : (i * 37) % 256));
const colors = pixels.filter((_, i) => i % 4 !== 3);

describe('WebP', () => {
  it('colors under transparent pixels stay as stored', async () => {
    const bytes = await sharp(pixels, { raw }).webp({ lossless: true, exact: true }).toBuffer();
    expect((await sharp(bytes).metadata()).hasAlpha).toBe(true);
    expect((await sharp(readWebp(bytes).opaque).metadata()).hasAlpha).toBe(false);
    expect([...(await decodeImage(bytes)).data]).toEqual([...colors]);
  });

  it('lossy files with alpha give the pixels of their color data', async () => {
    const bytes = await sharp(pixels, { raw }).webp({ quality: 90, exact: true }).toBuffer();
    const expected = await sharp(bytes).removeAlpha().raw().toBuffer();
    expect([...(await decodeImage(bytes)).data]).toEqual([...expected]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i is applied', async (orientation) => {
    const opaque = sharp(colors, { raw: { ...raw, channels: 3 } });
    const bytes = await opaque.withMetadata({ orientation }).webp({ lossless: true }).toBuffer();
    const expected = await sharp(bytes, { autoOrient: true }).raw().toBuffer({ resolveWithObject: true });
    const image = await decodeImage(bytes);
    expect([image.width, image.height, ...image.data]).toEqual([
      expected.info.width,
      expected.info.height,
      ...expected.data,
    ]);
  });

  it('animations and cut files are refused', async () => {
    const frames = [0, 1].map((i) =>
      sharp({ create: { width: 4, height: 4, channels: 3, background: { r: 99 * i, g: 0, b: 0 } } })
        .png()
        .toBuffer(),
    );
    const animated = await sharp(await Promise.all(frames), { join: { animated: true } })
      .webp()
      .toBuffer();
    await expect(decodeImage(animated, { name: 'a.webp' })).rejects.toThrow(
      'a.webp: expected a still image, got an animated WebP file. Save the frame that you need as PNG.',
    );
    const whole = await sharp(colors, { raw: { ...raw, channels: 3 } })
      .webp()
      .toBuffer();
    await expect(decodeImage(whole.subarray(0, -9))).rejects.toThrow('ends early');
  });
});
