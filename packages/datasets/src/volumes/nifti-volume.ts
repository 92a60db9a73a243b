// A NIfTI volume, all of its slices through one window.
import { FormatError } from '../images/bytes.ts';
import { checkSize } from '../images/header.ts';
import { byteRange, chooseVolume, colorSlice, firstBytes, NO_ORIENTATION, voxelTypeOf } from '../scans/nifti.ts';
import { HEADER_BYTES, type NiftiHeader, readNiftiHeader } from '../scans/nifti-header.ts';
import { exactWindow, throughWindow, type Window, type WindowSetting } from '../scans/window.ts';
import {
  type Axis,
  eachVoxel,
  MAXIMUM_VOXELS,
  planeAxes,
  sliceValues,
  type Triple,
  type Volume,
  type VolumeWindow,
  voxelVolumeOf,
} from './volume.ts';
import { needsWindow, percentileWindow } from './volume-window.ts';

export interface NiftiVolumeOptions {
  readonly name: string;
  /** Volume of a four-dimensional file, from 0; needed where there are several. */
  readonly volume?: number;
  /** The `.img` file of a `.hdr` file, gzipped or not. */
  readonly voxels?: Uint8Array;
  /** Replaces the header's window. */
  readonly window?: WindowSetting;
}

/** Spacings closer than this share of each other count as equal. */
const EQUAL_SPACING = 1e-3;

/** The header's slice dimension, or else the axis with the largest spacing; of equals, the last. */
function acquisitionAxis({ sliceAxis, slices }: NiftiHeader, spacing: Triple): Axis {
  if (sliceAxis !== undefined) return sliceAxis;
  if (slices === 1) return 2;
  const largest = Math.max(...spacing) * (1 - EQUAL_SPACING);
  return spacing.findLastIndex((value) => value >= largest) as Axis;
}

/** Viewers go by the matrix, and only where there is none by the header's spacing. */
function spacingOf({ directions, spacing, unit }: NiftiHeader): Triple | undefined {
  const lengths = directions
    ? [0, 1, 2].map((axis) => Math.hypot(...directions.map((row) => row[axis] as number)) * unit)
    : spacing;
  return lengths.every((value) => Number.isFinite(value) && value > 0) ? (lengths as unknown as Triple) : undefined;
}

/** Whether voxels look like a CT's: whole numbers from air to bone. */
function looksLikeCt(read: (index: number) => number, voxels: number): boolean {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < voxels; i++) {
    const value = read(i);
    if (!Number.isInteger(value)) return false;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low >= -3100 && low <= -900 && high >= 300 && high <= 32_767;
}

function windowOf(
  header: NiftiHeader,
  asked: WindowSetting | undefined,
  read: (index: number) => number,
  voxels: number,
): VolumeWindow & Window {
  if (asked) return { source: 'option', ...exactWindow(asked) };
  if (header.window) return { source: 'file', ...header.window };
  if (looksLikeCt(read, voxels)) throw needsWindow('values that look like Hounsfield units, and no window');
  return { source: 'percentiles', ...percentileWindow(read, voxels, header.columns) };
}

/** The header alone, unpacked: what maps of the same geometry are written with. */
function templateOf(bytes: Uint8Array, { littleEndian }: NiftiHeader) {
  const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, littleEndian);
  return { bytes: bytes.slice(0, size), littleEndian };
}

/** Opens a NIfTI-1 or -2 volume of any orientation. Throws `FormatError` or `DatasetError`. */
export function openNiftiVolume(
  bytes: Uint8Array,
  { name, volume, voxels: paired, window: asked }: NiftiVolumeOptions,
): Volume {
  const first = firstBytes(bytes, HEADER_BYTES);
  const header = readNiftiHeader(first);
  const { columns, rows, slices, volumes, littleEndian, slope, intercept, directions } = header;
  const shape: Triple = [columns, rows, slices];
  for (const axis of [0, 1, 2] as const) {
    const [a, b] = planeAxes(axis);
    checkSize(shape[a], shape[b], name);
  }
  const count = columns * rows * slices;
  if (count > MAXIMUM_VOXELS)
    throw new FormatError(`${count}`, `at most ${MAXIMUM_VOXELS} voxels`, 'Cut or resample the volume.');
  const type = voxelTypeOf(header, paired);
  const size = count * type.bytes;
  const from = header.offset + chooseVolume(volumes, volume) * size;
  const whole = header.offset + volumes * size;
  const raw = byteRange(header.paired ? (paired as Uint8Array) : bytes, from, from + size, whole);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const read = (index: number) =>
    (type.read as NonNullable<typeof type.read>)(view, index * type.bytes, littleEndian) * slope + intercept;

  const spacing = spacingOf(header);
  const known = header.spacing.every((value) => Number.isFinite(value) && value > 0);
  const differs =
    spacing && known && spacing.some((value, k) => Math.abs(value / (header.spacing[k] as number) - 1) > 0.01);
  const window = type.color ? undefined : windowOf(header, asked, read, count);
  const volumeThrough = (window: VolumeWindow | undefined): Volume => ({
    name,
    shape,
    spacing,
    ...(spacing && {
      voxelVolume: directions ? voxelVolumeOf(directions) * header.unit ** 3 : spacing[0] * spacing[1] * spacing[2],
    }),
    directions,
    acquisitionAxis: acquisitionAxis(header, spacing ?? [1, 1, 1]),
    window,
    notes: [
      ...(spacing && !header.unitKnown ? ['The file names no unit of length: millimeters are assumed.'] : []),
      ...(differs ? ['The spacing in the header is not that of its matrix: the matrix is used.'] : []),
      ...(directions ? [] : [NO_ORIENTATION]),
    ],
    header: templateOf(first, header),
    storedSlice(axis, index) {
      const [width, height] = planeAxes(axis).map((k) => shape[k]) as [number, number];
      if (type.color) {
        const data = new Uint8Array(width * height * type.bytes);
        let to = 0;
        eachVoxel(shape, axis, index, (at) => {
          for (let c = 0; c < type.bytes; c++) data[to++] = raw[at * type.bytes + c] as number;
        });
        return { width, height, channels: 3, data: colorSlice(data, type.bytes) };
      }
      return {
        width,
        height,
        channels: 1,
        data: throughWindow(sliceValues(shape, axis, index, read), window as Window),
      };
    },
    ...(!type.color && {
      through: (setting) => volumeThrough({ source: 'option', ...exactWindow(setting) }),
      storedValues: (axis, index) => sliceValues(shape, axis, index, read),
    }),
  });
  return volumeThrough(window);
}
