// Decoding in browsers, in pages and workers: everything in plain TypeScript except WebP, which the browser decodes.
import { decodeBmp } from './bmp.ts';
import { fromSamples } from './convert.ts';
import { type FormatDecoder, imageDecoder } from './decoder.ts';
import { decodeJpeg } from './jpeg/decode.ts';
import { orient } from './orient.ts';
import { decodePng } from './png.ts';
import { decodeTiff } from './tiff/decode.ts';
import { readWebp } from './webp.ts';

/** Through a canvas, which is exact for opaque images: no color management, no multiplication by alpha. */
const decodeWebp: FormatDecoder = async (bytes) => {
  const { opaque, orientation } = readWebp(bytes);
  const bitmap = await createImageBitmap(new Blob([opaque as BlobPart], { type: 'image/webp' }), {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  });
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('the browser provides no canvas');
    context.drawImage(bitmap, 0, 0);
    return orient(fromSamples(width, height, 4, context.getImageData(0, 0, width, height).data), orientation);
  } finally {
    bitmap.close();
  }
};

/** Decodes an image file's bytes; see {@link DecodeImage}. */
export const decodeImage = imageDecoder(
  {
    jpeg: decodeJpeg,
    webp: decodeWebp,
    png: (bytes, _, options) => decodePng(bytes, options),
    tiff: (bytes, { directory }, options) => decodeTiff(bytes, directory, options),
    bmp: decodeBmp,
  },
  {
    // Literal, so that bundlers find the files and copy them.
    wasmAddress: (codec) =>
      codec === 'openjpeg'
        ? new URL('@cornerstonejs/codec-openjpeg/decodewasm', import.meta.url).href
        : new URL('@cornerstonejs/codec-charls/decodewasm', import.meta.url).href,
  },
);
