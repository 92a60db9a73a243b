// A DICOM series as a volume: columns, rows and slices are its axes, as in the files.
import { DatasetError, ImageError } from '../errors.ts';
import { FormatError } from '../images/bytes.ts';
import { checkSize } from '../images/header.ts';
import { refusal } from '../images/refusal.ts';
import { type CodecHost, decompressFrame, isCompressed } from '../scans/dicom-codecs.ts';
import type { DicomDataSet } from '../scans/dicom-file.ts';
import { parseDicom } from '../scans/dicom-file.ts';
import { compressedFrame, nativeFrame } from '../scans/dicom-frames.ts';
import { endsOf, modalityOf, paddingOf, through, voiOf } from '../scans/dicom-gray.ts';
import { layoutOf, type StoredFrame, TAGS } from '../scans/dicom-layout.ts';
import { plainBytes } from '../scans/scan.ts';
import { exactWindow, type Window, type WindowSetting } from '../scans/window.ts';
import type { SliceGroup } from './dicom-groups.ts';
import { niftiHeader } from './nifti-file.ts';
import {
  type Affine,
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

interface OpenSlice {
  readonly values: StoredFrame['values'];
  readonly measured: (stored: number) => number;
  readonly isPadding: (stored: number) => boolean;
}

/** From voxel indices to RAS: DICOM's directions are LPS, so the first two rows change their sign. */
export function dicomAffine({ slices }: Pick<SliceGroup, 'slices'>): Affine {
  const [first, last] = [slices[0], slices.at(-1)] as [SliceGroup['slices'][number], SliceGroup['slices'][number]];
  const [start, end] = [first.position, last.position] as [Triple, Triple];
  const [row, column] = first.orientation as readonly [Triple, Triple];
  const [down, across] = first.spacing as readonly [number, number];
  return [0, 1, 2].map((k) => {
    const i = k as 0;
    const sign = k < 2 ? -1 : 1;
    // The index along a row counts columns, whose distance is the second number (PS3.3 section 10.7.1.3).
    const parts = [row[i] * across, column[i] * down, (end[i] - start[i]) / (slices.length - 1), start[i]];
    // Without negative zeros.
    return parts.map((value) => sign * value + 0) as unknown as Affine[number];
  });
}

/** The attributes that make a file's own window. */
const WINDOW_TAGS = [TAGS.windowCenter, TAGS.windowWidth, TAGS.voiFunction] as const;

/** A text that is the same for slices which are shown alike. */
const windowKey = (data: DicomDataSet): string =>
  JSON.stringify([
    ...WINDOW_TAGS.map((tag) => data.text(tag)?.split('\\')[0] ?? ''),
    ...data.items(TAGS.voiLut).map((item) => [0x00283002, 0x00283006].map((tag) => [...(item.value(tag) ?? [])])),
  ]);

/**
 * Opens the slices of a series. All are shown through one window: the option's, or the files' own where all slices have the same, or (not
 * for CT) the 1st to the 99th percentile of the volume.
 *
 * @param read bytes of a file
 * @throws {ImageError} for files that do not decode, and a CT without a window
 */
export async function openDicomVolume(
  group: SliceGroup,
  {
    name,
    window: asked,
    read,
    signal,
    ...host
  }: CodecHost & {
    readonly name: string;
    readonly window?: WindowSetting;
    readonly read: (path: string) => Promise<Uint8Array>;
    readonly signal?: AbortSignal;
  },
): Promise<Volume> {
  const [first] = group.slices as [SliceGroup['slices'][number]];
  const { rows, columns, modality } = first;
  const shape: Triple = [columns, rows, group.slices.length];
  for (const axis of [0, 1, 2] as const) {
    const [a, b] = planeAxes(axis);
    checkSize(shape[a], shape[b], name);
  }
  const voxels = shape[0] * shape[1] * shape[2];
  if (voxels > MAXIMUM_VOXELS)
    throw new ImageError(name, `at most ${MAXIMUM_VOXELS} voxels`, `${voxels}`, { remedy: 'Split the series.' });

  const opened: OpenSlice[] = [];
  const windows = new Set<string>();
  let shown: ((value: number) => number) | undefined;
  let ends: Partial<Window> = {};
  let photometric: string | undefined;
  for (const { path } of group.slices) {
    signal?.throwIfAborted();
    try {
      const file = parseDicom(plainBytes(await read(path)));
      const { data } = file;
      const layout = layoutOf(file);
      const stored = isCompressed(layout.transferSyntax)
        ? await decompressFrame(compressedFrame(data, layout, 0, 1), layout, host)
        : nativeFrame(data, layout, 0);
      if (layout.samples !== 1 || !stored.photometric.startsWith('MONOCHROME'))
        throw new FormatError(
          `${stored.photometric} pixels`,
          'a series of gray slices',
          'Segment its files one by one.',
        );
      photometric ??= stored.photometric;
      if (stored.photometric !== photometric)
        throw new FormatError(stored.photometric, `${photometric} pixels, as in the first slice`, 'Split the series.');
      windows.add(windowKey(data));
      if (opened.length === 0) {
        shown = voiOf(data, 0, layout.signed);
        ends = endsOf(data, 0);
      }
      // A copy: the values of uncompressed files are a view of all their bytes.
      opened.push({
        values: stored.values.slice(),
        measured: modalityOf(data, 0, layout.signed),
        isPadding: paddingOf(data, layout.signed),
      });
    } catch (cause) {
      throw refusal(cause, path);
    }
  }

  const size = columns * rows;
  const valueAt = (index: number): number => {
    const slice = opened[Math.floor(index / size)] as OpenSlice;
    return slice.measured(slice.values[index % size] as number);
  };
  let window: VolumeWindow;
  try {
    if (asked) window = { source: 'option', ...exactWindow(asked) };
    else if (shown && windows.size === 1) window = { source: 'file', ...ends };
    else if (modality === 'CT')
      throw needsWindow(
        windows.size > 1 ? `a CT whose slices have ${windows.size} different windows` : 'a CT without a window',
      );
    else
      window = {
        source: 'percentiles',
        ...percentileWindow(
          (index) => {
            const slice = opened[Math.floor(index / size)] as OpenSlice;
            const stored = slice.values[index % size] as number;
            return slice.isPadding(stored) ? Number.NaN : slice.measured(stored);
          },
          voxels,
          columns,
        ),
      };
  } catch (cause) {
    throw cause instanceof DatasetError ? cause : refusal(cause, name);
  }
  const affine = dicomAffine(group);
  const columnsOf = [0, 1, 2].map((k) => affine.map((row) => row[k] as number));
  const directions = affine.map((row) => row.slice(0, 3) as unknown as Triple);
  const volumeThrough = (window: VolumeWindow): Volume => ({
    name,
    shape,
    voxelVolume: voxelVolumeOf(directions),
    spacing: columnsOf.map((column) => Math.hypot(...column)) as unknown as Triple,
    directions,
    acquisitionAxis: 2,
    window,
    notes: [
      ...group.notes,
      ...(!asked && windows.size > 1
        ? ['The slices have windows of their own: one window for all of them is used.']
        : []),
    ],
    header: niftiHeader(shape, affine),
    through: (setting) => volumeThrough({ source: 'option', ...exactWindow(setting) }),
    storedValues: (axis, index) => sliceValues(shape, axis, index, valueAt),
    storedSlice(axis, index) {
      const [width, height] = planeAxes(axis).map((k) => shape[k]) as [number, number];
      const gray =
        window.source === 'file'
          ? (shown as (value: number) => number)
          : through(window as { low: number; high: number });
      const data = new Uint8Array(width * height);
      let to = 0;
      eachVoxel(shape, axis, index, (at) => {
        const value = Math.round(gray(valueAt(at)));
        data[to++] = photometric === 'MONOCHROME1' ? 255 - value : value;
      });
      return { width, height, channels: 1, data };
    },
  });
  return volumeThrough(window);
}
