// Compressed DICOM frames (PS3.5 annex A.4): which codec a frame needs, and its samples. JPEG 2000 and JPEG-LS are WebAssembly, loaded when a file needs them.
/// <reference path="./codecs.d.ts" />
import { FormatError } from '../images/bytes.ts';
import { toGray } from '../images/convert.ts';
import { checkClaim } from '../images/header.ts';
import type { RasterImage } from '../images/raster.ts';
import { interleave, storedValues } from './dicom-frames.ts';
import type { PixelLayout, StoredFrame } from './dicom-layout.ts';
import { unpackRle } from './dicom-rle.ts';
import { asPlainJpeg, decodeHuffmanJpeg, type JpegHeader, readJpegHeader } from './jpeg-huffman.ts';

export type WasmCodec = 'openjpeg' | 'charls';

/** What decoding needs of its runtime. */
export interface CodecHost {
  /** Decodes a baseline or progressive JPEG of 8 bits. */
  readonly decodeJpeg: (bytes: Uint8Array) => Promise<RasterImage>;
  /** The address of a codec's WebAssembly file. Node finds it next to the codec. */
  readonly wasmAddress?: (codec: WasmCodec) => string;
}

const RLE = '1.2.840.10008.1.2.5';

/** Compressed transfer syntaxes that are read; the codec is chosen by the frame's own bytes. */
const READ: ReadonlySet<string> = new Set([
  RLE,
  ...[50, 51, 53, 55, 57, 70, 80, 81, 90, 91, 92, 93].map((n) => `1.2.840.10008.1.2.4.${n}`),
]);

const NAMES: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.4.94': 'JPIP, whose pixels are on a server',
  '1.2.840.10008.1.2.4.95': 'JPIP, whose pixels are on a server',
  ...Object.fromEntries(
    [100, 101, 102, 103, 104, 105, 106, 107, 108].map((n) => [`1.2.840.10008.1.2.4.${n}`, 'video (MPEG)']),
  ),
  ...Object.fromEntries([110, 111, 112].map((n) => [`1.2.840.10008.1.2.4.${n}`, 'JPEG XL'])),
  ...Object.fromEntries(
    [201, 202, 203, 204, 205].map((n) => [`1.2.840.10008.1.2.4.${n}`, 'High-Throughput JPEG 2000']),
  ),
};

const UNCOMPRESSED: ReadonlySet<string> = new Set([
  '1.2.840.10008.1.2',
  '1.2.840.10008.1.2.1',
  '1.2.840.10008.1.2.1.99',
  '1.2.840.10008.1.2.2',
  '1.2.840.113619.5.2',
]);

/** Whether the frames of a transfer syntax are compressed. Throws `FormatError` for those that are not read. */
export function isCompressed(transferSyntax: string): boolean {
  if (UNCOMPRESSED.has(transferSyntax)) return false;
  if (READ.has(transferSyntax)) return true;
  const name = NAMES[transferSyntax];
  throw new FormatError(
    `transfer syntax ${transferSyntax}${name ? `, ${name}` : ''}`,
    'uncompressed, RLE, JPEG, JPEG-LS or JPEG 2000 pixels',
    'Decompress it first, for example with gdcmconv --raw.',
  );
}

/** A codec that grew beyond this is released after use. */
const KEPT_MEMORY = 1 << 26;

interface LoadedCodec {
  readonly module: CornerstoneModule;
  /** What the codec has printed since it was last emptied. */
  readonly printed: string[];
}

const loaded: Partial<Record<WasmCodec, Promise<LoadedCodec>>> = {};

function load(codec: WasmCodec, { wasmAddress }: CodecHost): Promise<LoadedCodec> {
  const create = async (): Promise<LoadedCodec> => {
    const printed: string[] = [];
    const note = (line: string) => {
      if (printed.length < 100) printed.push(line);
    };
    const { default: factory } =
      codec === 'openjpeg'
        ? await import('@cornerstonejs/codec-openjpeg/decodewasmjs')
        : await import('@cornerstonejs/codec-charls/decodewasmjs');
    const module = await factory({
      print: note,
      printErr: note,
      ...(wasmAddress && { locateFile: () => wasmAddress(codec) }),
    });
    return { module, printed };
  };
  loaded[codec] ??= create();
  return loaded[codec];
}

const END_OF_IMAGE = [0xff, 0xd9];

interface Decoded {
  readonly bytes: Uint8Array;
  readonly precision: number;
}

/** Nearly blank images compress this much. */
const MOST_PACKED = 1 << 16;

async function decodeWithWasm(codec: WasmCodec, packed: Uint8Array, host: CodecHost): Promise<Decoded> {
  const kind = codec === 'openjpeg' ? 'JPEG 2000' : 'JPEG-LS';
  let codecModule: LoadedCodec;
  try {
    codecModule = await load(codec, host);
  } catch (cause) {
    delete loaded[codec];
    throw Object.assign(
      new FormatError('none that loads', `the ${kind} decoder`, 'Check that its WebAssembly file is served.'),
      { cause },
    );
  }
  const { module, printed } = codecModule;
  const Decoder = (codec === 'openjpeg' ? module.J2KDecoder : module.JpegLSDecoder) as new () => CornerstoneDecoder;
  const decoder = new Decoder();
  printed.length = 0;
  let keep = false;
  try {
    // Without an end marker, CharLS takes half a minute to notice that the data end early.
    const memory = decoder.getEncodedBuffer(packed.length + END_OF_IMAGE.length);
    memory.set(packed);
    memory.set(END_OF_IMAGE, packed.length);
    decoder.decode();
    // OpenJPEG reports damage only in print, and leaves the image as it is.
    const complaint = printed.find((line) => /\[ERROR\]|truncat|corrupt/i.test(line));
    if (complaint) throw new Error(complaint);
    const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo();
    const decoded = decoder.getDecodedBuffer();
    const size = bitsPerSample <= 8 ? 1 : 2;
    if (decoded.length !== width * height * componentCount * size) throw new Error('an incomplete image');
    keep = decoded.buffer.byteLength <= KEPT_MEMORY;
    const bytes = Uint8Array.from(decoded);
    const planar = codec === 'charls' && componentCount > 1 && decoder.getInterleaveMode?.() === 0;
    return {
      bytes: planar ? interleavePlanes(bytes, componentCount, size) : bytes,
      precision: bitsPerSample,
    };
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw Object.assign(
      new FormatError('damaged or incomplete data', `intact ${kind} data`, 'Copy the file again from its source.'),
      { cause },
    );
  } finally {
    // A module that failed or holds much memory is not used again.
    if (keep) decoder.delete();
    else delete loaded[codec];
  }
}

function interleavePlanes(bytes: Uint8Array, samples: number, size: number): Uint8Array {
  if (size === 1) return interleave(bytes, samples);
  const words = interleave(new Uint16Array(bytes.buffer), samples);
  return new Uint8Array(words.buffer);
}

interface FrameHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly precision: number;
  /** Where the components' signs are, of JPEG 2000 data with signed components. */
  readonly signs?: readonly number[];
}

/** The bit of a JPEG 2000 component's depth that says that it is signed. */
const SIGN = 0x80;

/** JPEG 2000 data whose components are declared unsigned: the decoder then adds half of the range, where it would cut signed values of 8 bits at 0. */
function asUnsigned(packed: Uint8Array, signs: readonly number[]): Uint8Array {
  const out = Uint8Array.from(packed);
  for (const at of signs) out[at] = (out[at] as number) & ~SIGN;
  return out;
}

/** The image and tile size (SIZ) of a JPEG 2000 codestream, by itself or in a JP2 file. */
function jpeg2000Header(packed: Uint8Array): FrameHeader {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const boxed = packed[4] === 0x6a && packed[5] === 0x50;
  for (let at = 0; at + 48 <= Math.min(packed.length, boxed ? 1 << 16 : 48); at++) {
    if (view.getUint32(at) !== 0xff4fff51) continue;
    const [width, height] = [0, 4].map((n) => view.getUint32(at + 8 + n) - view.getUint32(at + 16 + n)) as [
      number,
      number,
    ];
    const components = view.getUint16(at + 40);
    const depths = Array.from({ length: Math.min(components, 4) }, (_, c) => packed[at + 42 + 3 * c] ?? 0);
    const [depth = 0] = depths;
    if (depths.some((other) => other !== depth))
      throw new FormatError('components of several depths', 'JPEG 2000 components of one depth');
    const signs = depth & SIGN ? depths.map((_, c) => at + 42 + 3 * c) : undefined;
    return { width, height, components, precision: (depth & 127) + 1, signs };
  }
  throw new FormatError('compressed data of another kind or cut short', 'a JPEG, JPEG-LS or JPEG 2000 frame');
}

/** The size in the compressed data must be the one in the file, for which memory was found to be enough. */
function checkFrame({ width, height, components }: Omit<FrameHeader, 'precision'>, layout: PixelLayout): void {
  if (width !== layout.columns || height !== layout.rows || components !== layout.samples)
    throw new FormatError(
      `compressed data of ${width}x${height} of ${components}`,
      `a frame of ${layout.columns}x${layout.rows} pixels of ${layout.samples} ${layout.samples === 1 ? 'sample' : 'samples'}`,
    );
}

/** Samples of `precision` bits, whose highest bit is the sign if the file says that they are signed. Encoders may declare more bits than the file. */
function decodedFrame(
  values: Uint8Array | Uint16Array,
  declared: number,
  { signed, stored }: PixelLayout,
  photometric: string,
): StoredFrame {
  // Lossy compression may exceed the range a little; data of more bits than the file says exceed it by far.
  const most = 2 * 2 ** stored;
  const precision = declared > stored && values.every((value) => value < most) ? stored : declared;
  if (!signed) return { values, photometric, bits: precision };
  const shift = 32 - precision;
  const out = new (precision <= 8 ? Int8Array : Int16Array)(values.length);
  for (let i = 0; i < out.length; i++) out[i] = ((values[i] as number) << shift) >> shift;
  return { values: out, photometric, bits: precision };
}

/** Codecs undo their own color transforms; what was YBR before is still. */
const afterDecoding = (photometric: string) =>
  photometric === 'YBR_ICT' || photometric === 'YBR_RCT'
    ? 'RGB'
    : photometric === 'YBR_FULL_422'
      ? 'YBR_FULL'
      : photometric;

async function jpegFrame(
  packed: Uint8Array,
  header: JpegHeader,
  layout: PixelLayout,
  host: CodecHost,
): Promise<StoredFrame> {
  const { process, precision, width, height, components, marked } = header;
  checkFrame({ width, height, components: components.length }, layout);
  if (process === 0xc3 || precision > 8) {
    const values = decodeHuffmanJpeg(packed);
    return decodedFrame(values, precision, layout, afterDecoding(layout.photometric));
  }
  const ids = String.fromCharCode(...components.map(({ id }) => id)).toUpperCase();
  const rgb = components.length === 3 && layout.photometric === 'RGB' && !marked && ids !== 'RGB';
  const image = await host.decodeJpeg(asPlainJpeg(packed, rgb));
  if (layout.samples === 1) return decodedFrame(toGray(image).data, 8, layout, layout.photometric);
  return { values: image.data, photometric: 'RGB', bits: 8 };
}

/** Decompresses a frame. Throws `FormatError`. */
export async function decompressFrame(packed: Uint8Array, layout: PixelLayout, host: CodecHost): Promise<StoredFrame> {
  const { transferSyntax, photometric } = layout;
  if (transferSyntax === RLE) {
    if (layout.allocated === 1) throw new FormatError('1', '8, 16 or 32 bits allocated');
    return {
      values: storedValues(unpackRle(packed, layout), true, layout),
      photometric: afterDecoding(photometric),
      bits: layout.stored,
    };
  }
  const jpeg = packed[0] === 0xff && packed[1] === 0xd8 ? readJpegHeader(packed) : undefined;
  if (jpeg && jpeg.process !== 0xf7) return jpegFrame(packed, jpeg, layout, host);
  const header: FrameHeader = jpeg ? { ...jpeg, components: jpeg.components.length } : jpeg2000Header(packed);
  checkFrame(header, layout);
  if (header.precision > 16) throw new FormatError(`${header.precision}`, 'samples of at most 16 bits');
  checkClaim(4 * header.width * header.height * header.components, Math.max(packed.length, 512), MOST_PACKED);
  const { signs } = header;
  const input = signs ? asUnsigned(packed, signs) : packed;
  const { bytes, precision } = await decodeWithWasm(jpeg ? 'charls' : 'openjpeg', input, host);
  const values = precision <= 8 ? bytes : new Uint16Array(bytes.buffer);
  if (signs) {
    const half = 2 ** (precision - 1);
    return {
      values: Int16Array.from(values, (value) => value - half),
      photometric: afterDecoding(photometric),
      bits: precision,
    };
  }
  return decodedFrame(values, precision, layout, afterDecoding(photometric));
}
