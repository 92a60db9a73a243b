// Decoding in the browser: the browser's own JPEG and WebP, everything exact in plain TypeScript. Works in workers too.
import { decodeBmp } from './bmp.ts';
import { fromSamples } from './convert.ts';
import { imageDecoder, type PictureDecoder } from './decoder.ts';
import { decodePng } from './png.ts';
import { decodeTiff } from './tiff.ts';

/** Through a canvas, which is exact for opaque pictures: no color management, no multiplication by alpha. The browser turns them upright. */
const decodeWithCanvas: PictureDecoder = async (bytes) => {
  const bitmap = await createImageBitmap(new Blob([bytes as BlobPart]), {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
    imageOrientation: 'from-image',
  });
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('the browser gives no canvas');
    context.drawImage(bitmap, 0, 0);
    return fromSamples(width, height, 4, context.getImageData(0, 0, width, height).data);
  } finally {
    bitmap.close();
  }
};

/** Decodes an image file's bytes; see {@link DecodeImage}. */
export const decodeImage = imageDecoder(
  {
    jpeg: decodeWithCanvas,
    webp: decodeWithCanvas,
    png: decodePng,
    tiff: (bytes, { directory }) => decodeTiff(bytes, directory),
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
