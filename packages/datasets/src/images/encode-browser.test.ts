// PNG files made without a canvas are read by others, value for value.
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { encodePng, encodePngBlob } from './encode-browser.ts';

it('8 bits, gray and color', async () => {
  for (const channels of [1, 3] as const) {
    const data = Uint8Array.from({ length: 7 * 5 * channels }, (_, i) => (i * 89) % 256);
    const { data: read, info } = await sharp(encodePng({ width: 7, height: 5, channels, data }))
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([7, 5, channels]);
    expect([...read]).toEqual([...data]);
  }
});

it('16 bits', async () => {
  const data = Uint16Array.from({ length: 35 }, (_, i) => (i * 9973) % 65536);
  const png = sharp(encodePng({ width: 7, height: 5, channels: 1, data }));
  const read = await png.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
  expect([...new Uint16Array(read.buffer, read.byteOffset, read.byteLength / 2)]).toEqual([...data]);
});

it('compressed by the browser, the pixels are the same', async () => {
  const data = Uint16Array.from({ length: 35 }, (_, i) => (i * 9973) % 65536);
  const pixels = { width: 7, height: 5, channels: 1, data } as const;
  const blob = await encodePngBlob(pixels);
  expect(blob.type).toBe('image/png');
  const [ours, theirs] = await Promise.all(
    [encodePng(pixels), new Uint8Array(await blob.arrayBuffer())].map((file) => sharp(file).raw().toBuffer()),
  );
  expect(theirs).toEqual(ours);
});
