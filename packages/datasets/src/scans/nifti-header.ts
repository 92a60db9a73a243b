// Headers of NIfTI-1 and NIfTI-2 files. Ours, because the available parser takes extensions beyond the first bytes for damage, and offsets of 0 literally.
import { ByteReader, FormatError } from '../images/bytes.ts';
import type { Directions } from './orientation.ts';

export interface NiftiHeader {
  readonly littleEndian: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  readonly volumes: number;
  /** Code of the data type. */
  readonly type: number;
  /** Millimeters between voxels along the three axes; not positive if unknown. */
  readonly spacing: readonly [number, number, number];
  readonly unitKnown: boolean;
  /** Millimeters of the file's unit of length; 1 if unknown. */
  readonly unit: number;
  /** First byte of the voxels. */
  readonly offset: number;
  /** Whether the voxels are in a file of their own (`.hdr` and `.img`). */
  readonly paired: boolean;
  readonly slope: number;
  readonly intercept: number;
  /** The axis across which slices were acquired, if the header names it. */
  readonly sliceAxis?: 0 | 1 | 2;
  /** The window of the header, if it has one. */
  readonly window?: { readonly low: number; readonly high: number };
  /** From voxel indices to right, anterior, superior; absent if the file does not say. */
  readonly directions?: Directions;
}

/** Enough bytes for either header. */
export const HEADER_BYTES = 544;

/** Millimeters of a spatial unit by its code (the lower three bits of xyzt_units): meter, millimeter, micron. */
const MILLIMETERS: Readonly<Record<number, number>> = { 1: 1000, 2: 1, 3: 0.001 };

type Triple = [number, number, number];

/** The rotation of a unit quaternion given by its last three parts, its columns scaled by the voxel sizes. */
function fromQuaternion([b, c, d]: Triple, [, i, j, k]: readonly number[], handedness: number): Directions {
  const a = Math.sqrt(Math.max(0, 1 - (b * b + c * c + d * d)));
  const scale = [i || 1, j || 1, (k || 1) * handedness] as Triple;
  const rotation = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ] as Triple[];
  return rotation.map((row) => row.map((value, axis) => value * (scale[axis] as number)) as Triple);
}

const usable = (matrix: Directions) =>
  matrix.every((row) => row.every(Number.isFinite)) && [0, 1, 2].every((k) => matrix.some((row) => row[k] !== 0));

/** An identity matrix at the origin is what libraries write when they are given none. */
const isPlaceholder = (rows: readonly (readonly number[])[]) =>
  rows.every((row, y) => row.every((value, x) => value === (x === y ? 1 : 0)));

/** Reads a header. Throws `FormatError`. */
export function readNiftiHeader(bytes: Uint8Array): NiftiHeader {
  if (bytes.length < 348) throw new FormatError('a gzipped file of another kind', 'a NIfTI volume');
  const start = new DataView(bytes.buffer, bytes.byteOffset, 4);
  const littleEndian = start.getInt32(0, true) === 348 || start.getInt32(0, true) === 540;
  const size = start.getInt32(0, littleEndian);
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 3));
  const second = size === 540;
  const magic = text(second ? 4 : 344);
  const expected = second ? ['n+2', 'ni2'] : ['n+1', 'ni1'];
  if ((size !== 348 && !second) || !expected.includes(magic) || (second && bytes.length < 540))
    throw new FormatError('a gzipped file of another kind', 'a NIfTI volume');
  const paired = magic.startsWith('ni');

  const reader = new ByteReader(bytes, littleEndian);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reals = (at1: number, at2: number, count: number) =>
    Array.from({ length: count }, (_, i) =>
      second ? view.getFloat64(at2 + 8 * i, littleEndian) : view.getFloat32(at1 + 4 * i, littleEndian),
    );
  const real = (at1: number, at2: number) => reals(at1, at2, 1)[0] as number;
  const dims = Array.from({ length: 8 }, (_, i) =>
    second ? Number(view.getBigInt64(16 + 8 * i, littleEndian)) : view.getInt16(40 + 2 * i, littleEndian),
  );
  const count = dims[0] as number;
  const sizes = dims.slice(1, 1 + Math.max(0, Math.min(7, count)));
  if (count < 2 || count > 7 || sizes.some((n) => n < 1) || sizes.slice(4).some((n) => n > 1))
    throw new FormatError(`dimensions ${sizes.join('x') || count}`, 'a volume of two to four dimensions');
  const [columns, rows, slices = 1, volumes = 1] = sizes as [number, number, number?, number?];

  const least = paired ? 0 : second ? 544 : 352;
  const declared = second ? Number(view.getBigInt64(168, littleEndian)) : view.getFloat32(108, littleEndian);
  // Writers that leave the offset at 0 put the voxels right after the header.
  const offset = declared === 0 ? least : declared;
  if (!Number.isInteger(offset) || offset < least || offset > Number.MAX_SAFE_INTEGER / 2)
    throw new FormatError(
      `voxels from byte ${Number.isNaN(declared) ? 'none' : declared}`,
      `voxels from byte ${least} on`,
    );

  const pixdim = reals(76, 104, 8);
  const units = second ? view.getInt32(500, littleEndian) : reader.u8(123);
  const unit = MILLIMETERS[units & 7];
  const spacing = pixdim.slice(1, 4).map((value) => Math.abs(value) * (unit ?? 1)) as Triple;
  const [slope, intercept] = [real(112, 176), real(116, 184)];
  const rescaled = Number.isFinite(slope) && slope !== 0 && Number.isFinite(intercept);
  const [high, low] = [real(124, 192), real(128, 200)];
  const code = (at1: number, at2: number) =>
    second ? view.getInt32(at2, littleEndian) : view.getInt16(at1, littleEndian);

  // Two bits each for the axes of frequency, phase and slice; 0 if unknown.
  const sliceAxis = ((reader.u8(second ? 524 : 39) >> 4) & 3) - 1;

  let directions: Directions | undefined;
  const srow = reals(280, 400, 12);
  const affine = [0, 4, 8].map((at) => srow.slice(at, at + 4));
  const quaternion = reals(256, 352, 3) as Triple;
  const shift = reals(268, 376, 3);
  if (code(254, 348) > 0) {
    if (!(unit === undefined && isPlaceholder(affine))) directions = affine.map((row) => row.slice(0, 3) as Triple);
  } else if (code(252, 344) > 0) {
    const turned = fromQuaternion(quaternion, pixdim.map(Math.abs), (pixdim[0] as number) < 0 ? -1 : 1);
    const whole = turned.map((row, axis) => [...row, shift[axis] as number]);
    if (!(unit === undefined && isPlaceholder(whole))) directions = turned;
  }
  return {
    littleEndian,
    columns,
    rows,
    slices,
    volumes,
    type: second ? view.getInt16(12, littleEndian) : view.getInt16(70, littleEndian),
    spacing,
    unitKnown: unit !== undefined,
    unit: unit ?? 1,
    offset,
    paired,
    slope: rescaled ? slope : 1,
    intercept: rescaled ? intercept : 0,
    ...(sliceAxis >= 0 && { sliceAxis: sliceAxis as 0 | 1 | 2 }),
    ...(Number.isFinite(low) && Number.isFinite(high) && high > low && { window: { low, high } }),
    ...(directions && usable(directions) && { directions }),
  };
}
