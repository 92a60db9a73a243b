// Small DICOM and NIfTI files for tests.

/** An attribute: group and element, value representation, value; a sequence's value is its items. */
export type Attribute = readonly [
  group: number,
  element: number,
  vr: string,
  value: string | number | Uint8Array | readonly (readonly Attribute[])[],
];

const LONG = ['OB', 'OW', 'SQ', 'UN', 'UT'];

function valueBytes(vr: string, value: Attribute[3], explicit: boolean, big: boolean): Buffer {
  if (Array.isArray(value))
    return Buffer.concat(
      value.map((attributes: readonly Attribute[]) =>
        item(0xe000, Buffer.concat(attributes.map((a) => attribute(a, explicit, big))), big),
      ),
    );
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(2);
    if (big) bytes.writeUInt16BE(value);
    else bytes.writeUInt16LE(value);
    return bytes;
  }
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.from(value as Uint8Array);
  return bytes.length % 2 ? Buffer.concat([bytes, Buffer.from([vr === 'UI' ? 0 : 0x20])]) : bytes;
}

function attribute(
  [group, element, vr, value]: Attribute,
  explicit: boolean,
  big: boolean,
  undefinedLength = false,
): Buffer {
  const bytes = valueBytes(vr, value, explicit, big);
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

function item(tag: number, bytes: Uint8Array, big = false): Buffer {
  const head = Buffer.alloc(8);
  if (big) {
    head.writeUInt16BE(0xfffe, 0);
    head.writeUInt16BE(tag, 2);
    head.writeUInt32BE(bytes.length, 4);
  } else {
    head.writeUInt16LE(0xfffe, 0);
    head.writeUInt16LE(tag, 2);
    head.writeUInt32LE(bytes.length, 4);
  }
  return Buffer.concat([head, bytes]);
}

/** Fragments as encapsulated pixel data, with a table of the offsets of frames, or an empty one. */
export const encapsulated = (fragments: readonly Uint8Array[], offsets: readonly number[] = []): Buffer =>
  Buffer.concat([
    item(0xe000, Buffer.from(Uint32Array.from(offsets).buffer)),
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
  jpegLs: '1.2.840.10008.1.2.4.80',
  jpeg2000: '1.2.840.10008.1.2.4.90',
  htj2k: '1.2.840.10008.1.2.4.201',
  rle: '1.2.840.10008.1.2.5',
} as const;

export interface DicomImage {
  readonly syntax?: keyof typeof SYNTAX;
  readonly rows: number;
  readonly columns: number;
  readonly samples?: number;
  readonly photometric?: string;
  readonly planar?: number;
  readonly frames?: number;
  readonly allocated?: number;
  readonly stored?: number;
  readonly highBit?: number;
  readonly signed?: number;
  readonly more?: readonly Attribute[];
  /** SOP class in the file meta information. */
  readonly mediaClass?: string;
  /** Representation of the pixel data. */
  readonly pixelVr?: string;
  /** The bytes of the pixel data in the file; without, the file has none. */
  readonly pixels?: Uint8Array;
}

export function encodeDicom(image: DicomImage, deflate?: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const { syntax = 'explicit', rows, columns, samples = 1, photometric = 'MONOCHROME2', planar = 0 } = image;
  const { frames, allocated = 16, stored = allocated, highBit = stored - 1, signed = 0, more = [] } = image;
  const { pixelVr = 'OB', pixels } = image;
  const big = syntax === 'bigEndian';
  const compressed = ['jpeg', 'jpegLossless', 'jpegLs', 'jpeg2000', 'htj2k', 'rle'].includes(syntax);
  const attributes: Attribute[] = [
    [0x0028, 0x0002, 'US', samples],
    [0x0028, 0x0004, 'CS', photometric],
    [0x0028, 0x0006, 'US', planar],
    ...(frames === undefined ? [] : [[0x0028, 0x0008, 'IS', `${frames}`] as const]),
    [0x0028, 0x0010, 'US', rows],
    [0x0028, 0x0011, 'US', columns],
    [0x0028, 0x0100, 'US', allocated],
    [0x0028, 0x0101, 'US', stored],
    [0x0028, 0x0102, 'US', highBit],
    [0x0028, 0x0103, 'US', signed],
    ...more,
  ];
  const explicit = syntax !== 'implicit';
  const body = Buffer.concat([
    ...attributes.map((a) => attribute(a, explicit, big)),
    pixels ? attribute([0x7fe0, 0x0010, pixelVr, pixels], explicit, big, compressed) : Buffer.alloc(0),
  ]);
  const meta = Buffer.concat([
    ...(image.mediaClass ? [attribute([0x0002, 0x0002, 'UI', image.mediaClass], true, false)] : []),
    attribute([0x0002, 0x0010, 'UI', SYNTAX[syntax]], true, false),
  ]);
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
  /** Three rows of four, from voxels to right, anterior, superior. */
  readonly sform?: readonly number[];
  /** The quaternion's b, c, d and the sign of the third axis. */
  readonly qform?: readonly [number, number, number, number];
  /** Distances of voxels. */
  readonly spacing?: readonly [number, number, number];
  readonly units?: number;
  /** NIfTI's code of the data type; 16-bit integers by default. */
  readonly type?: number;
  readonly bitsPerVoxel?: number;
  readonly offset?: number;
  readonly magic?: string;
  /** Bytes between header and voxels. */
  readonly extension?: Uint8Array;
  /** The first axis fastest; as 16-bit integers, or the bytes as they are in the file. */
  readonly values: readonly number[] | Uint8Array;
}

const voxelBytes = (values: NiftiVolume['values']) => (values instanceof Uint8Array ? values : words(values));

/** A NIfTI-1 file. */
export function encodeNifti(volume: NiftiVolume): Uint8Array {
  const {
    dimensions,
    slope = 0,
    intercept = 0,
    window = [0, 0],
    sform,
    qform,
    spacing = [1, 1, 1],
    units = 0,
  } = volume;
  const { type = 4, bitsPerVoxel = 16, extension = new Uint8Array(), magic = 'n+1', values } = volume;
  const head = Buffer.alloc(352);
  head.writeInt32LE(348, 0);
  [dimensions.length, ...dimensions].forEach((n, i) => {
    head.writeInt16LE(n, 40 + 2 * i);
  });
  head.writeInt16LE(type, 70);
  head.writeInt16LE(bitsPerVoxel, 72);
  [qform?.[3] ?? 1, ...spacing].forEach((value, i) => {
    head.writeFloatLE(value, 76 + 4 * i);
  });
  head.writeFloatLE(volume.offset ?? 352 + extension.length, 108);
  head.writeFloatLE(slope, 112);
  head.writeFloatLE(intercept, 116);
  head[123] = units;
  head.writeFloatLE(window[1], 124);
  head.writeFloatLE(window[0], 128);
  if (qform) head.writeInt16LE(1, 252);
  qform?.slice(0, 3).forEach((value, i) => {
    head.writeFloatLE(value, 256 + 4 * i);
  });
  if (sform) head.writeInt16LE(2, 254);
  sform?.forEach((value, i) => {
    head.writeFloatLE(value, 280 + 4 * i);
  });
  head.write(`${magic}\0`, 344, 'latin1');
  return Buffer.concat([head, extension, voxelBytes(values)]);
}

/** A NIfTI-2 file, the high byte first if `big`. */
export function encodeNifti2(
  { dimensions, sform, type = 4, extension = new Uint8Array(), values }: NiftiVolume,
  big = false,
): Uint8Array {
  const head = Buffer.alloc(544);
  const view = new DataView(head.buffer, head.byteOffset);
  const little = !big;
  view.setInt32(0, 540, little);
  head.write('n+2\0\r\n\x1a\n', 4, 'latin1');
  view.setInt16(12, type, little);
  [dimensions.length, ...dimensions].forEach((n, i) => {
    view.setBigInt64(16 + 8 * i, BigInt(n), little);
  });
  for (let i = 0; i < 4; i++) view.setFloat64(104 + 8 * i, 1, little);
  view.setBigInt64(168, BigInt(544 + extension.length), little);
  if (sform) view.setInt32(348, 2, little);
  sform?.forEach((value, i) => {
    view.setFloat64(400 + 8 * i, value, little);
  });
  return Buffer.concat([head, extension, values instanceof Uint8Array ? values : words(values, big)]);
}
