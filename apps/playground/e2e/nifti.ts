// NIfTI files of bytes or 16-bit values, with any spacing and orientation.

export interface NiftiVolume {
  readonly shape: readonly [number, number, number];
  readonly spacing: readonly [number, number, number];
  /** Rows of the matrix from voxel indices to right, anterior and superior. */
  readonly affine: readonly (readonly [number, number, number, number])[];
  readonly values: Uint8Array | Int16Array;
  /** Number of volumes; 1 by default. */
  readonly volumes?: number;
}

const CODES = { 1: 2, 2: 4 } as const;

export function encodeNiftiFile({ shape, spacing, affine, values, volumes = 1 }: NiftiVolume): Uint8Array {
  const bytes = new Uint8Array(352 + values.byteLength);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  for (const [i, n] of [volumes > 1 ? 4 : 3, ...shape, volumes, 1, 1, 1].entries()) view.setInt16(40 + 2 * i, n, true);
  view.setInt16(70, CODES[values.BYTES_PER_ELEMENT as 1 | 2], true);
  view.setInt16(72, 8 * values.BYTES_PER_ELEMENT, true);
  for (const [i, n] of [1, ...spacing, 1, 1, 1, 1].entries()) view.setFloat32(76 + 4 * i, n, true);
  view.setFloat32(108, 352, true);
  bytes[123] = 2;
  view.setInt16(254, 1, true);
  affine.flat().forEach((value, i) => {
    view.setFloat32(280 + 4 * i, value, true);
  });
  bytes.set(new TextEncoder().encode('n+1\0'), 344);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 352);
  return bytes;
}
