// Small DICOM and NIfTI files for tests.

/** An attribute: group and element, value representation, value. */
export type Attribute = readonly [group: number, element: number, vr: string, value: string | number | Uint8Array];

const LONG = ['OB', 'OW', 'SQ', 'UN', 'UT'];

function valueBytes(vr: string, value: string | number | Uint8Array, big: boolean): Buffer {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(2);
    if (big) bytes.writeUInt16BE(value);
    else bytes.writeUInt16LE(value);
    return bytes;
  }
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.from(value);
  return bytes.length % 2 ? Buffer.concat([bytes, Buffer.from([vr === 'UI' ? 0 : 0x20])]) : bytes;
}

function attribute(
  [group, element, vr, value]: Attribute,
  explicit: boolean,
  big: boolean,
  undefinedLength = false,
): Buffer {
  const bytes = valueBytes(vr, value, big);
  const long = explicit && LONG.includes(vr);
  const head = Buffer.alloc(explicit ? (long ? 12 : 8) : 8);
  const length = undefinedLength ? 0xffffffff : bytes.length;
  const u16 = (n: number, at: number) => (big ? head.writeUInt16BE(n, at) : head.writeUInt16LE(n, at));
  const u32 = (n: number, at: number) => (big ? head.writeUInt32BE(n, at) : head.writeUInt32LE(n, at));
  u16(group, 0);
  u16(element, 2);
  if (explicit) head.write(vr, 4, 'latin1');
  if (long) u32(length, 8);
  else if (explicit) u16(length, 6);
  else u32(length, 4);
  return Buffer.concat([head, bytes]);
}

const item = (tag: number, bytes: Uint8Array) => {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0xfffe, 0);
  head.writeUInt16LE(tag, 2);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
};

/** Fragments as encapsulated pixel data, with an empty table of offsets. */
export const encapsulated = (fragments: readonly Uint8Array[]): Buffer =>
  Buffer.concat([
    item(0xe000, Buffer.alloc(0)),
    ...fragments.map((bytes) => item(0xe000, bytes.length % 2 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes)),
    item(0xe0dd, Buffer.alloc(0)),
  ]);

export const SYNTAX = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  bigEndian: '1.2.840.10008.1.2.2',
  jpeg: '1.2.840.10008.1.2.4.50',
  jpegLossless: '1.2.840.10008.1.2.4.70',
  rle: '1.2.840.10008.1.2.5',
} as const;

export interface DicomPicture {
  readonly syntax?: keyof typeof SYNTAX;
  readonly rows: number;
  readonly columns: number;
  readonly samples?: number;
  readonly photometric?: string;
  readonly planar?: number;
  readonly frames?: number;
  readonly allocated?: number;
  readonly stored?: number;
  readonly signed?: number;
  readonly more?: readonly Attribute[];
  /** Pixel data as it stands in the file. */
  readonly pixels: Uint8Array;
}

export function encodeDicom(picture: DicomPicture, deflate?: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const { syntax = 'explicit', rows, columns, samples = 1, photometric = 'MONOCHROME2', planar = 0 } = picture;
  const { frames, allocated = 16, stored = allocated, signed = 0, more = [], pixels } = picture;
  const big = syntax === 'bigEndian';
  const compressed = ['jpeg', 'jpegLossless', 'rle'].includes(syntax);
  const attributes: Attribute[] = [
    [0x0028, 0x0002, 'US', samples],
    [0x0028, 0x0004, 'CS', photometric],
    [0x0028, 0x0006, 'US', planar],
    ...(frames === undefined ? [] : [[0x0028, 0x0008, 'IS', `${frames}`] as const]),
    [0x0028, 0x0010, 'US', rows],
    [0x0028, 0x0011, 'US', columns],
    [0x0028, 0x0100, 'US', allocated],
    [0x0028, 0x0101, 'US', stored],
    [0x0028, 0x0102, 'US', stored - 1],
    [0x0028, 0x0103, 'US', signed],
    ...more,
  ];
  const explicit = syntax !== 'implicit';
  const body = Buffer.concat([
    ...attributes.map((a) => attribute(a, explicit, big)),
    attribute([0x7fe0, 0x0010, 'OB', pixels], explicit, big, compressed),
  ]);
  const meta = attribute([0x0002, 0x0010, 'UI', SYNTAX[syntax]], true, false);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  const group = Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.from('UL\x04\x00', 'latin1'), length]);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), group, meta, deflate ? deflate(body) : body]);
}

/** Little-endian words, or big-endian ones. */
export function words(values: readonly number[], big = false): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => {
    if (big) bytes.writeUInt16BE(value & 65535, 2 * i);
    else bytes.writeUInt16LE(value & 65535, 2 * i);
  });
  return bytes;
}

export interface NiftiVolume {
  readonly dimensions: readonly number[];
  readonly slope?: number;
  readonly intercept?: number;
  readonly window?: readonly [number, number];
  /** 16-bit values, the first axis fastest. */
  readonly values: readonly number[];
}

/** A NIfTI-1 file of 16-bit integers. */
export function encodeNifti({
  dimensions,
  slope = 0,
  intercept = 0,
  window = [0, 0],
  values,
}: NiftiVolume): Uint8Array {
  const head = Buffer.alloc(352);
  head.writeInt32LE(348, 0);
  [dimensions.length, ...dimensions].forEach((n, i) => {
    head.writeInt16LE(n, 40 + 2 * i);
  });
  head.writeInt16LE(4, 70);
  head.writeInt16LE(16, 72);
  head.writeFloatLE(352, 108);
  head.writeFloatLE(slope, 112);
  head.writeFloatLE(intercept, 116);
  head.writeFloatLE(window[1], 124);
  head.writeFloatLE(window[0], 128);
  head.write('n+1\0', 344, 'latin1');
  return Buffer.concat([head, words(values)]);
}
