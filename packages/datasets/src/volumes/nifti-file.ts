// Writing NIfTI: maps in the geometry of another volume, and headers for volumes that come from DICOM (NIfTI-1.1 and NIfTI-2).
import { ArgumentError } from '../errors.ts';
import type { Affine, NiftiTemplate, Triple, VoxelMap } from './volume.ts';

/** Bytes of the fields that a map changes. All others, such as both forms of the orientation and the units, stay. */
const FIELDS = {
  348: {
    magicAt: 344,
    magic: 'n+1\0',
    dims: 40,
    type: 70,
    bits: 72,
    offset: 108,
    slope: 112,
    intercept: 116,
    high: 124,
    low: 128,
    // Data type and name of the database, range of grays, description, other file, intent with its parameters: of the source only, and perhaps personal.
    cleared: [
      [4, 28],
      [56, 12],
      [68, 2],
      [140, 8],
      [148, 80],
      [228, 24],
      [328, 16],
    ],
    description: 148,
    voxels: 352,
  },
  540: {
    magicAt: 4,
    magic: 'n+2\0\r\n\x1a\n',
    dims: 16,
    type: 12,
    bits: 14,
    offset: 168,
    slope: 176,
    intercept: 184,
    high: 192,
    low: 200,
    cleared: [
      [80, 24],
      [240, 80],
      [320, 24],
      [504, 4],
      [508, 16],
    ],
    description: 240,
    voxels: 544,
  },
} as const;

const [UINT8, FLOAT32] = [2, 16];

export interface NiftiMapOptions {
  /** At most 79 letters of ASCII. */
  readonly description?: string;
  /** The largest value of the map, which viewers show as white. */
  readonly brightest?: number;
}

/**
 * A map as a NIfTI file: bytes as unsigned 8 bits, floats as 32 bits, in the order of the template's voxels and with its geometry. A template
 * of several volumes gives a file of one.
 *
 * @throws {ArgumentError} if the map has another number of voxels than the template
 */
export function encodeNifti(
  { bytes: template, littleEndian }: NiftiTemplate,
  map: VoxelMap,
  { description = '', brightest = 0 }: NiftiMapOptions = {},
): Uint8Array {
  const size = template.length as keyof typeof FIELDS;
  const field = FIELDS[size];
  const second = size === 540;
  const out = new Uint8Array(field.voxels + map.byteLength);
  out.set(template);
  const view = new DataView(out.buffer);
  const real = (at: number, value: number) =>
    second ? view.setFloat64(at, value, littleEndian) : view.setFloat32(at, value, littleEndian);
  const getDim = (i: number) =>
    second
      ? Number(view.getBigInt64(field.dims + 8 * i, littleEndian))
      : view.getInt16(field.dims + 2 * i, littleEndian);
  const setDim = (i: number, value: number) =>
    second
      ? view.setBigInt64(field.dims + 8 * i, BigInt(value), littleEndian)
      : view.setInt16(field.dims + 2 * i, value, littleEndian);
  if (getDim(0) >= 4 && getDim(4) > 1) {
    setDim(0, 3);
    setDim(4, 1);
  }
  const sizes = Array.from({ length: Math.min(3, getDim(0)) }, (_, i) => getDim(i + 1));
  const voxels = sizes.reduce((product, n) => product * n, 1);
  if (map.length !== voxels)
    throw new ArgumentError('map', `${voxels} voxels, as in its header`, `${map.length}`, 'Pass one value per voxel.');
  for (const [at, length] of field.cleared) out.fill(0, at, at + length);
  const isFloat = map instanceof Float32Array;
  view.setInt16(field.type, isFloat ? FLOAT32 : UINT8, littleEndian);
  view.setInt16(field.bits, 8 * map.BYTES_PER_ELEMENT, littleEndian);
  if (second) view.setBigInt64(field.offset, BigInt(field.voxels), littleEndian);
  else real(field.offset, field.voxels);
  real(field.slope, 1);
  real(field.intercept, 0);
  real(field.high, brightest);
  real(field.low, 0);
  const put = (at: number, text: string) => out.set(new TextEncoder().encode(text), at);
  put(field.magicAt, field.magic);
  put(field.description, description.slice(0, 79));
  if (!isFloat) out.set(map, field.voxels);
  else
    for (let i = 0, at = field.voxels; i < map.length; i++, at += 4)
      view.setFloat32(at, map[i] as number, littleEndian);
  return out;
}

/** The rotation of three orthonormal columns as the last three parts of a unit quaternion whose first part is not negative. */
function quaternionOf(r: readonly Triple[]): Triple {
  const at = (row: number, column: number) => (r[row] as Triple)[column] as number;
  const trace = at(0, 0) + at(1, 1) + at(2, 2);
  let q: [number, number, number, number];
  if (trace > 0) {
    const s = 2 * Math.sqrt(trace + 1);
    q = [s / 4, (at(2, 1) - at(1, 2)) / s, (at(0, 2) - at(2, 0)) / s, (at(1, 0) - at(0, 1)) / s];
  } else {
    // The largest diagonal element keeps the root away from 0.
    const i = [0, 1, 2].reduce((best, k) => (at(k, k) > at(best, best) ? k : best), 0);
    const [j, k] = [(i + 1) % 3, (i + 2) % 3];
    const s = 2 * Math.sqrt(Math.max(0, 1 + at(i, i) - at(j, j) - at(k, k)));
    const parts = [0, 0, 0];
    parts[i] = s / 4;
    parts[j] = (at(j, i) + at(i, j)) / s;
    parts[k] = (at(k, i) + at(i, k)) / s;
    q = [(at(k, j) - at(j, k)) / s, ...(parts as [number, number, number])];
  }
  const sign = q[0] < 0 ? -1 : 1;
  return q.slice(1).map((value) => sign * value) as unknown as Triple;
}

const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** Cosines between axes below this are rounding errors of decimal strings. */
const ORTHOGONAL = 1e-4;

/** A NIfTI-1 header in millimeters, in scanner coordinates. Sheared axes, as of a tilted gantry, have no quaternion: then there is only the matrix. */
export function niftiHeader(shape: Triple, affine: Affine): NiftiTemplate {
  const bytes = new Uint8Array(348);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  [3, ...shape, 1, 1, 1, 1].forEach((n, i) => {
    view.setInt16(40 + 2 * i, n, true);
  });
  const columns = [0, 1, 2].map((k) => affine.map((row) => row[k] as number) as unknown as Triple);
  const lengths = columns.map((column) => Math.hypot(...column));
  const unit = columns.map((column, k) => column.map((value) => value / (lengths[k] as number)) as unknown as Triple);
  const [a, b, c] = unit as [Triple, Triple, Triple];
  const orthogonal = [dot(a, b), dot(a, c), dot(b, c)].every((cosine) => Math.abs(cosine) < ORTHOGONAL);
  const determinant =
    a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
  const handedness = determinant < 0 ? -1 : 1;
  [handedness, ...lengths, 1, 1, 1, 1].forEach((value, i) => {
    view.setFloat32(76 + 4 * i, value, true);
  });
  bytes[123] = 2;
  // Slices are along the third axis; the other two directions are not known here.
  bytes[39] = 0b110000;
  if (orthogonal) {
    view.setInt16(252, 1, true);
    const rows = [0, 1, 2].map((row) => [a[row], b[row], handedness * (c[row] as number)] as unknown as Triple);
    quaternionOf(rows).forEach((value, i) => {
      view.setFloat32(256 + 4 * i, value, true);
    });
    affine.forEach((row, i) => {
      view.setFloat32(268 + 4 * i, row[3], true);
    });
  }
  view.setInt16(254, 1, true);
  affine.forEach((row, i) => {
    row.forEach((value, j) => {
      view.setFloat32(280 + 16 * i + 4 * j, value, true);
    });
  });
  return { bytes, littleEndian: true };
}
