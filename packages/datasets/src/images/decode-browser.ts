// Decoding in browsers, in pages and workers: everything in plain TypeScript except WebP, which the browser decodes.
import type { CodecHost } from '../scans/dicom-codecs.ts';
import { decodeBmp } from './bmp.ts';
import { FormatError } from './bytes.ts';
import { fromSamples } from './convert.ts';
import { type FormatDecoder, imageDecoder } from './decoder.ts';
import { decodeJpeg } from './jpeg/decode.ts';
import { orient } from './orient.ts';
import { decodePng } from './png.ts';
import { decodeTiff } from './tiff/decode.ts';
import { readWebp } from './webp.ts';

/** Exact for opaque images: no color management, no multiplication by alpha. */
function throughCanvas(bitmap: ImageBitmap): Uint8ClampedArray {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('the browser provides no canvas');
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height).data;
}

/** A canvas multiplies colors by alpha; a texture keeps them as they are. */
function throughTexture(bitmap: ImageBitmap): Uint8Array {
  const { width, height } = bitmap;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  const most = (gl?.getParameter(gl.MAX_TEXTURE_SIZE) as number | undefined) ?? 0;
  if (!gl || Math.max(width, height) > most)
    throw new FormatError(
      `a lossless WebP image of ${width}x${height} pixels with transparency`,
      'an image that the browser decodes exactly',
      'Save it as PNG.',
    );
  const pixels = new Uint8Array(width * height * 4);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(
    gl.FRAMEBUFFER,
    gl.COLOR_ATTACHMENT0,
    gl.TEXTURE_2D,
    gl.getParameter(gl.TEXTURE_BINDING_2D),
    0,
  );
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  const failure = gl.getError();
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  if (failure !== gl.NO_ERROR) throw new Error(`WebGL error ${failure}`);
  return pixels;
}

const decodeWebp: FormatDecoder = async (bytes) => {
  const { opaque, orientation, translucent } = readWebp(bytes);
  const bitmap = await createImageBitmap(new Blob([opaque as BlobPart], { type: 'image/webp' }), {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  });
  try {
    const { width, height } = bitmap;
    const pixels = translucent ? throughTexture(bitmap) : throughCanvas(bitmap);
    return orient(fromSamples(width, height, 4, pixels), orientation);
  } finally {
    bitmap.close();
  }
};

/** What decoding compressed scans needs of a browser. */
export const codecHost: CodecHost = {
  decodeJpeg: async (jpeg) => decodeJpeg(jpeg),
  // Literal, so that bundlers find the files and copy them.
  wasmAddress: (codec) =>
    codec === 'openjpeg'
      ? new URL('@cornerstonejs/codec-openjpeg/decodewasm', import.meta.url).href
      : new URL('@cornerstonejs/codec-charls/decodewasm', import.meta.url).href,
};

/** Decodes an image file's bytes; see {@link DecodeImage}. */
export const decodeImage = imageDecoder(
  {
    jpeg: (bytes, _, { as }) => decodeJpeg(bytes, as),
    webp: decodeWebp,
    png: (bytes, _, options) => decodePng(bytes, options),
    tiff: (bytes, { directory }, options) => decodeTiff(bytes, directory, options),
    bmp: decodeBmp,
  },
  codecHost,
);
