// Volumes as stacks of displayed slices along any of their axes, and maps of slices back in the order of the file's voxels. Knows no file format.
import { ArgumentError } from '../errors.ts';
import type { RasterImage } from '../images/raster.ts';
import {
  closestDirections,
  type Directions,
  radiologicalOrder,
  type SliceOrder,
  storedOrder,
  toDisplayOrder,
  toFileOrder,
} from '../scans/orientation.ts';
import { type PixelSpacing, spacingOf } from '../scans/scan.ts';
import type { WindowSetting } from '../scans/window.ts';

/** A voxel axis of a file: 0 is the one whose index changes fastest. */
export type Axis = 0 | 1 | 2;

export type Triple = readonly [number, number, number];

/** Matrix from voxel indices to millimeters to the right, anterior and superior (RAS+): three rows of four. */
export type Affine = readonly (readonly [number, number, number, number])[];

/** Where the grays of a volume come from. */
export interface VolumeWindow {
  /** The option, the file, or the 1st to the 99th percentile of all voxels. */
  readonly source: 'option' | 'file' | 'percentiles';
  /** Values shown as black and as white; absent where the file has a table or a curve instead. */
  readonly low?: number;
  readonly high?: number;
}

/** An open volume. Its voxels stay in memory. */
export interface Volume {
  readonly name: string;
  /** Number of voxels along the axes of the file. */
  readonly shape: Triple;
  /** Millimeters between the centers of neighboring voxels; absent if the file does not say. */
  readonly spacing?: Triple;
  /** Cubic millimeters of a voxel; absent if the spacing is. */
  readonly voxelVolume?: number;
  /** Absent if the file does not define the orientation of the patient. */
  readonly directions?: Directions;
  /** The axis across which the slices were acquired. */
  readonly acquisitionAxis: Axis;
  /** One window for all slices; absent for colors. */
  readonly window?: VolumeWindow;
  /** What was assumed or left out. */
  readonly notes: readonly string[];
  /** The pixels of a slice as stored: the two other axes in their order, the first fastest. */
  readonly storedSlice: (axis: Axis, index: number) => RasterImage;
  /** The measured values of a slice, in the order of {@link storedSlice}; absent for colors. */
  readonly storedValues?: (axis: Axis, index: number) => Float64Array;
  /** The same volume, shown through another window; absent for colors. Throws `ArgumentError`. */
  readonly through?: (window: WindowSetting) => Volume;
  /** The header for files of the same geometry. */
  readonly header: NiftiTemplate;
}

/** A NIfTI header that maps of a volume are written with. */
export interface NiftiTemplate {
  /** 348 bytes of NIfTI-1 or 540 of NIfTI-2. */
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
}

/** The two other axes, in the order of the file. */
export const planeAxes = (axis: Axis): readonly [Axis, Axis] => (axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1]);

/** How slices across an axis are turned for display: in radiological convention, or as stored where the orientation is unknown. */
export function volumeSliceOrder({ shape, directions }: Pick<Volume, 'shape' | 'directions'>, axis: Axis): SliceOrder {
  const [columns, rows] = planeAxes(axis).map((k) => shape[k]) as [number, number];
  return directions ? radiologicalOrder(directions, columns, rows, axis) : storedOrder(columns, rows);
}

/** The anatomical directions in which voxel indices grow, such as `LAS`; `undefined` if the file does not say. */
export const orientationOf = ({ directions }: Pick<Volume, 'directions'>): string | undefined =>
  directions &&
  closestDirections(directions)
    .map(({ axis, sign }) => (['LR', 'PA', 'IS'][axis] as string)[sign > 0 ? 1 : 0])
    .join('');

/** Planes by the anatomical axis that they are across. */
export const PLANES = ['sagittal', 'coronal', 'axial'] as const;

export type PlaneName = (typeof PLANES)[number];

/** The voxel axis that slices of a plane are across. Throws `ArgumentError` where the orientation is unknown. */
export function axisAcross({ name, directions }: Pick<Volume, 'name' | 'directions'>, plane: PlaneName): Axis {
  if (!directions)
    throw new ArgumentError(
      'axis',
      `i, j or k for ${name}, which does not define the orientation of the patient`,
      plane,
      'Name an axis of the file.',
    );
  return closestDirections(directions).findIndex(({ axis }) => PLANES[axis] === plane) as Axis;
}

/** The plane that slices across a voxel axis are closest to; `undefined` if the orientation is unknown. */
export const planeAcross = ({ directions }: Pick<Volume, 'directions'>, axis: Axis): PlaneName | undefined =>
  directions && PLANES[(closestDirections(directions)[axis] as { axis: number }).axis];

/** The volume of a voxel by its edges, which need not be perpendicular. */
export const voxelVolumeOf = (m: Directions): number => {
  const at = (row: number, column: number) => (m[row] as Triple)[column] as number;
  return Math.abs(
    at(0, 0) * (at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)) -
      at(0, 1) * (at(1, 0) * at(2, 2) - at(1, 2) * at(2, 0)) +
      at(0, 2) * (at(1, 0) * at(2, 1) - at(1, 1) * at(2, 0)),
  );
};

/** A slice as displayed. */
export function displayedSlice(volume: Volume, axis: Axis, index: number): RasterImage {
  const { data, channels } = volume.storedSlice(axis, index);
  const order = volumeSliceOrder(volume, axis);
  return { width: order.width, height: order.height, channels, data: toDisplayOrder(data, order, channels) };
}

/** The letters at the edges of a displayed slice: the patient's right, left, anterior, posterior, superior or inferior. */
export interface SliceEdges {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

const EDGES: Readonly<Record<PlaneName, SliceEdges>> = {
  axial: { left: 'R', right: 'L', top: 'A', bottom: 'P' },
  coronal: { left: 'R', right: 'L', top: 'S', bottom: 'I' },
  sagittal: { left: 'A', right: 'P', top: 'S', bottom: 'I' },
};

/** The distance of the pixels of displayed slices, and where their edges are in the patient, as far as the file says. */
export function displayedGeometry(
  volume: Pick<Volume, 'shape' | 'spacing' | 'directions'>,
  axis: Axis,
): { readonly spacing?: PixelSpacing; readonly edges?: SliceEdges } {
  const [first, second] = planeAxes(axis).map((k) => volume.spacing?.[k]);
  const turned = Math.abs(volumeSliceOrder(volume, axis).stepX) !== 1;
  const spacing = spacingOf(turned ? second : first, turned ? first : second);
  const plane = planeAcross(volume, axis);
  return { ...(spacing && { spacing }), ...(plane && { edges: EDGES[plane] }) };
}

/** Values of voxels that the maps of a volume have. */
export type VoxelMap = Uint8Array | Float32Array;

/** Calls `visit` with the position of each pixel of a slice (the first plane axis fastest) in the volume. */
export function eachVoxel([columns, rows, slices]: Triple, axis: Axis, index: number, visit: (at: number) => void) {
  const steps = [1, columns, columns * rows] as const;
  const sizes = [columns, rows, slices] as const;
  const [a, b] = planeAxes(axis);
  for (let v = 0, row = index * steps[axis]; v < sizes[b]; v++, row += steps[b])
    for (let u = 0, at = row; u < sizes[a]; u++, at += steps[a]) visit(at);
}

/** The values of a slice, read by their positions in the volume. */
export function sliceValues(shape: Triple, axis: Axis, index: number, read: (at: number) => number): Float64Array {
  const [a, b] = planeAxes(axis);
  const values = new Float64Array(shape[a] * shape[b]);
  let to = 0;
  eachVoxel(shape, axis, index, (at) => {
    values[to++] = read(at);
  });
  return values;
}

/** More voxels are refused: each map takes five bytes for every voxel, and files have at most 2 GiB. */
export const MAXIMUM_VOXELS = 1 << 28;

export interface SliceRange {
  /** First slice, from 0. */
  readonly from: number;
  /** The slice after the last. */
  readonly to: number;
}

/**
 * Computes maps of a volume slice by slice. A map has the voxels of the file, in the file's order; slices that are not asked for keep its
 * background.
 *
 * @param options.backgrounds the maps and their values in slices that are not computed: a whole number makes a map of bytes, NaN one of floats
 * @param segment gets a displayed slice, 8 bits, in radiological convention; returns maps of its size
 * @throws {ArgumentError} for slices that the volume does not have, and maps of another size
 *
 * @example
 * ```ts
 * const volume = await openVolume('scan.nii.gz');
 * const bright = await mapSlices(volume, { backgrounds: { mask: 0 } }, async ({ data }) => ({ mask: data.map((v) => (v > 127 ? 1 : 0)) }));
 * ```
 */
export async function mapSlices<Kind extends string>(
  volume: Volume,
  {
    axis = volume.acquisitionAxis,
    ranges = [{ from: 0, to: volume.shape[axis] }],
    backgrounds,
    signal,
  }: {
    readonly axis?: Axis;
    readonly ranges?: readonly SliceRange[];
    readonly backgrounds: Readonly<Record<Kind, number>>;
    readonly signal?: AbortSignal;
  },
  segment: (image: RasterImage, index: number) => Promise<Readonly<Record<Kind, VoxelMap>>>,
): Promise<Record<Kind, VoxelMap>> {
  const { shape, name } = volume;
  const voxels = shape[0] * shape[1] * shape[2];
  for (const { from, to } of ranges)
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > shape[axis] || from >= to)
      throw new ArgumentError(
        `slices of ${name}`,
        `a range within 0:${shape[axis]}`,
        `${from}:${to}`,
        'The second number is the slice after the last.',
      );
  const kinds = Object.keys(backgrounds) as Kind[];
  const maps = Object.fromEntries(
    kinds.map((kind) => {
      const value = backgrounds[kind];
      return [kind, (Number.isInteger(value) ? new Uint8Array(voxels) : new Float32Array(voxels)).fill(value)];
    }),
  ) as Record<Kind, VoxelMap>;
  const order = volumeSliceOrder(volume, axis);
  for (const { from, to } of ranges)
    for (let index = from; index < to; index++) {
      signal?.throwIfAborted();
      const results = await segment(displayedSlice(volume, axis, index), index);
      for (const kind of kinds) {
        const stored = toFileOrder(results[kind], order);
        const map = maps[kind];
        let i = 0;
        eachVoxel(shape, axis, index, (at) => {
          map[at] = stored[i++] as number;
        });
      }
    }
  return maps;
}
