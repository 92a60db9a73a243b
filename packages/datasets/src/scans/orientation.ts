// How slices of a volume are turned for display, and back. Radiological convention: the patient's right is on the left of the image;
// in axial slices anterior is at the top, in coronal and sagittal ones superior; in sagittal ones anterior is on the left.

import { ArgumentError } from '../errors.ts';

/** Direction of a voxel axis in the patient: the anatomical axis (0 left-right, 1 posterior-anterior, 2 inferior-superior) and its sign. */
interface Direction {
  readonly axis: 0 | 1 | 2;
  /** 1 if voxel indices grow to the right, anterior or superior. */
  readonly sign: 1 | -1;
}

/**
 * Where the pixels of a displayed slice are in the slice as stored, first axis fastest: pixel (x, y) is value
 * `start + x * stepX + y * stepY`.
 */
export interface SliceOrder {
  /** Size as displayed. */
  readonly width: number;
  readonly height: number;
  readonly start: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** Matrix from voxel indices to right, anterior, superior; rows of three. */
export type Directions = readonly (readonly [number, number, number])[];

const PERMUTATIONS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** The anatomical directions that the three voxel axes are closest to. */
export function closestDirections(matrix: Directions): Direction[] {
  const column = (k: number) => matrix.map((row) => row[k] as number);
  const cosines = [0, 1, 2].map((k) => {
    const values = column(k);
    const norm = Math.hypot(...values) || 1;
    return values.map((value) => value / norm);
  });
  const fit = (axes: readonly number[]) =>
    axes.reduce((sum, axis, k) => sum + Math.abs((cosines[k] as number[])[axis] as number), 0);
  const best = PERMUTATIONS.reduce((a, b) => (fit(b) > fit(a) + 1e-9 ? b : a));
  return best.map((axis, k) => ({ axis, sign: ((cosines[k] as number[])[axis] as number) < 0 ? -1 : 1 }));
}

/** A slice across the third axis as stored: the first axis to the right, the second downwards. */
export const storedOrder = (width: number, height: number): SliceOrder => ({
  width,
  height,
  start: 0,
  stepX: 1,
  stepY: width,
});

/** A slice across a voxel axis (by default the third) in radiological convention; the slice as stored has the other two axes, in their order. */
export function radiologicalOrder(matrix: Directions, columns: number, rows: number, across = 2): SliceOrder {
  const [first, second] = closestDirections(matrix).filter((_, axis) => axis !== across) as [Direction, Direction];
  const axes = [
    { ...first, size: columns, step: 1 },
    { ...second, size: rows, step: columns },
  ].sort((a, b) => a.axis - b.axis) as [
    Direction & { size: number; step: number },
    Direction & { size: number; step: number },
  ];
  // On screen, right and down are left, posterior and inferior: the negative directions.
  const [x, y] = axes.map(({ sign, size, step }) =>
    sign > 0 ? { start: (size - 1) * step, step: -step, size } : { start: 0, step, size },
  ) as [{ start: number; step: number; size: number }, { start: number; step: number; size: number }];
  return { width: x.size, height: y.size, start: x.start + y.start, stepX: x.step, stepY: y.step };
}

type Values = Uint8Array | Uint16Array | Float32Array | Float64Array;

/** A stored slice as displayed, `channels` values per pixel. */
export function toDisplayOrder<T extends Values>(stored: T, order: SliceOrder, channels = 1): T {
  const { width, height, start, stepX, stepY } = order;
  const out = stored.slice() as T;
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0, from = (start + y * stepY) * channels; x < width; x++, from += stepX * channels)
      for (let c = 0; c < channels; c++) out[to++] = stored[from + c] as number;
  return out;
}

/**
 * A displayed slice, or a mask or map of its size, in the order of the file: the inverse of how it was turned for display.
 *
 * @param displayed one value per pixel, row by row
 * @param order `sliceOrder` of `describeImage`
 *
 * @example
 * ```ts
 * const { sliceOrder } = await describeImage(bytes);
 * const stored = toFileOrder(mask, sliceOrder);
 * // The mask's values in the order of the NIfTI file's voxels, first axis fastest.
 * ```
 */
export function toFileOrder<T extends Values>(displayed: T, order: SliceOrder): T {
  const { width, height, start, stepX, stepY } = order;
  if (displayed.length !== width * height)
    throw new ArgumentError(
      'displayed',
      `${width * height} values for ${width}x${height} pixels`,
      `${displayed.length}`,
      'Pass one value per pixel of the displayed slice.',
    );
  // A Node `Buffer` would not copy itself.
  const out = (displayed instanceof Uint8Array ? new Uint8Array(displayed.length) : displayed.slice()) as T;
  for (let y = 0, from = 0; y < height; y++)
    for (let x = 0, to = start + y * stepY; x < width; x++, to += stepX) out[to] = displayed[from++] as number;
  return out;
}
