// Slices of NIfTI volumes as pixels, in radiological convention.
import { FormatError } from '../images/bytes.ts';
import { checkSize, choosePage } from '../images/header.ts';
import type { RasterImage } from '../images/raster.ts';
import { gunzip, isGzip } from './inflate.ts';
import { HEADER_BYTES, type NiftiHeader, readNiftiHeader } from './nifti-header.ts';
import { radiologicalOrder, type SliceOrder, storedOrder, toDisplayOrder } from './orientation.ts';
import { plainBytes, type ScanFacts, type StoredImage, spacingOf, unequalPixels } from './scan.ts';
import { exactWindow, fullWindow, type GrayWindow, shownRange, throughWindow, type WindowSetting } from './window.ts';

/** Gzipped volumes are not unpacked beyond this many bytes. */
const MAXIMUM_UNPACKED = 1 << 30;
/** Bytes that may follow the voxels. */
const MAXIMUM_TRAILER = 1 << 24;
/** Share of the darkest and of the brightest values that the window leaves out where the file names none. */
export const OUTLIERS = 0.01;
/** Slices of more pixels are computed in single precision, which takes half the memory. */
const LARGE_SLICE = 1 << 24;

export interface NiftiOptions {
  readonly name: string;
  /** Slice, from 0; needed where there are several. */
  readonly page?: number;
  /** Volume of a four-dimensional file, from 0; needed where there are several. */
  readonly volume?: number;
  /** The `.img` file of a `.hdr` file, gzipped or not. */
  readonly voxels?: Uint8Array;
  /** Replaces the header's window. */
  readonly window?: WindowSetting;
  /** Receives notes about what was assumed and how the slice is shown. */
  readonly onWarning?: (message: string) => void;
  readonly onWindow?: (window: GrayWindow) => void;
}

export const NO_ORIENTATION = 'The file does not define the orientation of the patient: slices are shown as stored.';

type Read = (view: DataView, at: number, littleEndian: boolean) => number;

interface VoxelType {
  readonly bytes: number;
  readonly read?: Read;
  /** Bytes of a voxel that are red, green, blue and perhaps alpha. */
  readonly color?: true;
  /** Name of a type that is not read. */
  readonly name?: string;
}

/** Voxel types by NIfTI's code. */
const VOXEL_TYPES: Readonly<Record<number, VoxelType>> = {
  1: { bytes: 0, name: 'single bits' },
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  4: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  8: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  16: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  32: { bytes: 8, name: 'complex numbers' },
  64: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  128: { bytes: 3, color: true },
  256: { bytes: 1, read: (view, at) => view.getInt8(at) },
  512: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  768: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  1024: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  1280: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  1536: { bytes: 16, name: '128-bit floats' },
  1792: { bytes: 16, name: 'complex numbers' },
  2048: { bytes: 32, name: 'complex numbers' },
  2304: { bytes: 4, color: true },
};

/** How the voxels of a file are read. Throws `FormatError` for types that are not, and for a header without its voxels. */
export function voxelTypeOf(header: NiftiHeader, voxels: Uint8Array | undefined): VoxelType {
  const type = VOXEL_TYPES[header.type];
  if (!type || type.name)
    throw new FormatError(
      type?.name ?? `NIfTI data type ${header.type}`,
      'voxels of integers, floats or RGB',
      'Convert the volume.',
    );
  if (header.paired && !voxels)
    throw new FormatError(
      'a header whose voxels are in an .img file',
      'a NIfTI volume with its voxels',
      'Give both files.',
    );
  return type;
}

/** The first bytes of a file, unpacked if it is gzipped. */
export function firstBytes(bytes: Uint8Array, wanted: number): Uint8Array {
  if (!isGzip(bytes)) return bytes.subarray(0, wanted);
  const out = new Uint8Array(wanted);
  let filled = 0;
  gunzip(bytes, (piece) => {
    out.set(piece.subarray(0, wanted - filled), filled);
    filled = Math.min(wanted, filled + piece.length);
    return filled < wanted;
  });
  return out.subarray(0, filled);
}

/** Files whose checksum was found right: their other slices are unpacked without going to the end. */
const verified = new WeakSet<Uint8Array>();

/** The bytes from `from` to `to`, unpacked if they are gzipped; then the whole file is unpacked once, since only its end holds the checksum. */
export function byteRange(bytes: Uint8Array, from: number, to: number, whole: number): Uint8Array {
  const missing = (present: number) =>
    new FormatError(`${present}`, `${to} bytes`, 'Copy the file again from its source.');
  if (!isGzip(bytes)) {
    if (bytes.length < to) throw missing(bytes.length);
    return plainBytes(bytes).subarray(from, to);
  }
  if (whole > MAXIMUM_UNPACKED)
    throw new FormatError(
      `${whole}`,
      `at most ${MAXIMUM_UNPACKED} bytes of unpacked voxels`,
      'Unpack the file first, for example with gunzip.',
    );
  let out: Uint8Array | undefined;
  let at = 0;
  const known = verified.has(bytes);
  gunzip(bytes, (piece) => {
    const [begin, end] = [Math.max(from - at, 0), Math.min(to - at, piece.length)];
    if (begin < end) {
      out ??= new Uint8Array(to - from);
      out.set(piece.subarray(begin, end), at + begin - from);
    }
    at += piece.length;
    if (at > whole + MAXIMUM_TRAILER)
      throw new FormatError(
        'gzip data that go on after them',
        `${whole} bytes of unpacked voxels`,
        'Check the dimensions in the header.',
      );
    return !(known && at >= to);
  });
  if (at < to || !out) throw missing(at);
  verified.add(bytes);
  return out;
}

const orderOf = ({ directions, columns, rows }: NiftiHeader): SliceOrder =>
  directions ? radiologicalOrder(directions, columns, rows) : storedOrder(columns, rows);

/** Slices and volumes, the distance of displayed pixels, and how displayed slices are turned. */
export const describeNifti = (bytes: Uint8Array): ScanFacts =>
  factsOf(readNiftiHeader(firstBytes(bytes, HEADER_BYTES)));

function factsOf(header: NiftiHeader): ScanFacts {
  const sliceOrder = orderOf(header);
  const turned = Math.abs(sliceOrder.stepX) !== 1;
  const [first, second] = header.spacing;
  const spacing = spacingOf(turned ? second : first, turned ? first : second);
  const notes = [
    ...(spacing && !header.unitKnown ? ['The file names no unit of length: millimeters are assumed.'] : []),
    ...(header.directions ? [] : [NO_ORIENTATION]),
  ];
  return {
    pages: header.slices,
    ...(header.volumes > 1 && { volumes: header.volumes }),
    spacing,
    ...(spacing && spacing.x !== spacing.y && { pixelAspect: spacing.y / spacing.x }),
    sliceOrder,
    ...(notes.length > 0 && { notes }),
  };
}

export function chooseVolume(count: number, volume: number | undefined): number {
  if (volume === undefined && count > 1)
    throw new FormatError(
      'none',
      `a choice of one of its ${count} volumes (volume 0 to ${count - 1})`,
      'Name the volume.',
    );
  const chosen = volume ?? 0;
  if (!Number.isInteger(chosen) || chosen < 0 || chosen >= count)
    throw new FormatError(`volume ${chosen}`, `volume 0 to ${count - 1}`, 'Name another volume.');
  return chosen;
}

/** The voxels of a color slice without alpha. */
export function colorSlice(raw: Uint8Array, bytes: number): Uint8Array {
  if (bytes === 3) return raw;
  const out = new Uint8Array((raw.length / 4) * 3);
  for (let from = 0, to = 0; from < raw.length; from += 4, to += 3) out.set(raw.subarray(from, from + 3), to);
  return out;
}

/** A slice as stored: bytes of color, or rescaled values. */
interface Slice {
  readonly header: NiftiHeader;
  readonly order: SliceOrder;
  /** Interleaved red, green and blue. */
  readonly colors?: Uint8Array;
  readonly values: Float32Array | Float64Array;
}

function readSlice(bytes: Uint8Array, { name, page, volume, voxels, onWarning }: Omit<NiftiOptions, 'window'>): Slice {
  const header = readNiftiHeader(firstBytes(bytes, HEADER_BYTES));
  const { columns, rows, slices, volumes, littleEndian } = header;
  checkSize(columns, rows, name);
  const type = voxelTypeOf(header, voxels);
  const slice = chooseVolume(volumes, volume) * slices + choosePage(slices, page, name);
  const size = columns * rows * type.bytes;
  const from = header.offset + slice * size;
  const raw = byteRange(
    header.paired ? (voxels as Uint8Array) : bytes,
    from,
    from + size,
    header.offset + slices * volumes * size,
  );

  const { notes = [], pixelAspect } = factsOf(header);
  for (const note of pixelAspect ? [...notes, unequalPixels(pixelAspect)] : notes) onWarning?.(`${name}: ${note}`);
  const order = orderOf(header);
  if (type.color) return { header, order, colors: colorSlice(raw, type.bytes), values: new Float32Array() };
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const values = new (columns * rows > LARGE_SLICE ? Float32Array : Float64Array)(columns * rows);
  const read = type.read as Read;
  for (let i = 0; i < values.length; i++)
    values[i] = read(view, i * type.bytes, littleEndian) * header.slope + header.intercept;
  return { header, order, values };
}

/**
 * Decodes a slice of a NIfTI-1 or -2 volume, gzipped or not: across the third axis, in radiological convention by the header's sform or
 * qform, and as stored where the header has neither. Values are rescaled and shown through the header's window (cal_min, cal_max), or from
 * the 1st to the 99th percentile of the slice. Throws `ImageError`.
 */
export function decodeNifti(bytes: Uint8Array, { window, onWindow, ...options }: NiftiOptions): RasterImage {
  const { header, order, colors, values } = readSlice(bytes, options);
  const image = { width: order.width, height: order.height };
  if (colors) return { ...image, channels: 3, data: toDisplayOrder(colors, order, 3) };
  const range = fullWindow(values, OUTLIERS);
  if (!range)
    throw new FormatError(
      `a slice of ${values.length} values that are not`,
      'values that are numbers',
      'Choose another slice or check the volume.',
    );
  const shown = window ? exactWindow(window) : (header.window ?? range);
  if (shown === range) options.onWarning?.(`${options.name}: ${shownRange(range)}`);
  onWindow?.({ source: window ? 'option' : shown === range ? 'percentiles' : 'file', ...shown });
  return { ...image, channels: 1, data: toDisplayOrder(throughWindow(values, shown), order) };
}

/** The values of a slice without any window, turned as it is displayed; `undefined` if it has colors. */
export function niftiValues(bytes: Uint8Array, options: Omit<NiftiOptions, 'window'>): StoredImage | undefined {
  const { order, colors, values } = readSlice(bytes, options);
  return colors ? undefined : { width: order.width, height: order.height, values: toDisplayOrder(values, order) };
}
