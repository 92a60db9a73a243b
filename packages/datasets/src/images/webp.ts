// WebP containers (RIFF, RFC 9649): what a file holds, and a copy of its still image that every decoder reads alike.
import { ByteReader, FormatError } from './bytes.ts';
import { exifOrientation } from './orient.ts';

const NAME = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));

export interface WebpFile {
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /** The image alone: no alpha, color profile or metadata, which browsers and libraries treat differently. */
  readonly opaque: Uint8Array;
  /** Whether the pixels of a lossless image have alpha, which its decoder keeps though `opaque` does not declare it. */
  readonly translucent: boolean;
}

/** Size of a lossy image, whose key frame starts with a fixed code. */
function lossySize(body: ByteReader) {
  if ((body.u8(0) & 1) !== 0 || body.u8(3) !== 0x9d || body.u8(4) !== 0x01 || body.u8(5) !== 0x2a)
    throw new FormatError('WebP data without a key frame');
  return { width: body.u16(6) & 0x3fff, height: body.u16(8) & 0x3fff };
}

function losslessSize(body: ByteReader) {
  const packed = body.u32(1);
  if (body.u8(0) !== 0x2f || packed >>> 29 !== 0) throw new FormatError('lossless WebP data without its header');
  return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
}

/** Reads the chunks of a WebP file. Throws a `FormatError` if it is animated, cut or damaged. */
export function readWebp(bytes: Uint8Array): WebpFile {
  const reader = new ByteReader(bytes, true);
  let orientation = 1;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [name, length] = [NAME(bytes, at), reader.u32(at + 4)];
    if (name === 'ANIM' || name === 'ANMF')
      throw new FormatError('an animated WebP file', 'a still image', 'Save the frame that you need as PNG.');
    // Metadata may follow the image.
    if (name === 'EXIF' && at + 8 + length <= bytes.length) {
      const body = bytes.subarray(at + 8, at + 8 + length);
      orientation = exifOrientation(NAME(body, 0) === 'Exif' ? body.subarray(6) : body);
    }
    at += 8 + length + (length & 1);
  }
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [name, length] = [NAME(bytes, at), reader.u32(at + 4)];
    if (name === 'VP8 ' || name === 'VP8L') {
      const body = reader.part(at + 8, length);
      const size = (name === 'VP8 ' ? lossySize : losslessSize)(new ByteReader(body, true));
      const opaque = new Uint8Array(20 + length + (length & 1));
      opaque.set(bytes.subarray(0, 12));
      opaque.set(bytes.subarray(at, at + 8 + length), 12);
      new DataView(opaque.buffer).setUint32(4, opaque.length - 8, true);
      // The bit that says whether alpha is used.
      const translucent = name === 'VP8L' && ((opaque[24] as number) & 0x10) !== 0;
      if (translucent) opaque[24] = (opaque[24] as number) & ~0x10;
      return { ...size, orientation, opaque, translucent };
    }
    at += 8 + length + (length & 1);
  }
  throw new FormatError('a WebP file without an image');
}
