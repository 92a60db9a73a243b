// One volume, slice by slice: maps as NIfTI in the geometry of the file, and DICOM segmentations of series.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  encodeDicomSeg,
  openVolume,
  orientationOf,
  planeAcross,
  type SliceGroup,
  type SliceRange,
  type Volume,
  type VoxelMap,
  writeFileAtomically,
  writeNifti,
} from '@medclipseg/datasets/node';
import { CLASS_COLORS } from 'medclipseg';
import { VERSION } from '../../command.ts';
import type { Place } from '../../maps.ts';
import { axisOf, type MaskMeter, niftiOptions, segmentSlices, volumeOf, within } from '../../volumes.ts';
import { nameNotes, type Outcome, percent, promptNotes, type Segmenter } from './outcome.ts';
import type { Settings, Task } from './task.ts';
import type { What } from './what.ts';

/** What a report says about a mask, and its notes. */
function measured(meter: MaskMeter, volume: Volume, ranges: readonly SliceRange[]) {
  const { imagesWithForeground, imagesTouchingBorder, foregroundPixels, ...figures } = meter.figures();
  const size = volumeOf(foregroundPixels, volume);
  const [first, last] = [meter.slices[0], meter.slices.at(-1)];
  const ends = [
    ...(first !== undefined && first === ranges[0]?.from ? ['first'] : []),
    ...(last !== undefined && last + 1 === ranges.at(-1)?.to ? ['last'] : []),
  ];
  const notes = [
    ...(first === undefined ? ['The mask is empty.'] : []),
    ...(imagesTouchingBorder > 0
      ? [
          `The mask touches the border of ${imagesTouchingBorder} of its ${imagesWithForeground} slices: a part of the structure may be outside.`,
        ]
      : []),
    ...(ends.length > 0 ? [`The mask reaches the ${ends.join(' and the ')} segmented slice.`] : []),
  ];
  const where = first === undefined ? '' : ` in slices ${first} to ${last}`;
  const amount = size ? `${size.volumeMl.toFixed(2)} ml` : `${foregroundPixels} voxels`;
  return {
    numbers: {
      samples: meter.samples,
      foregroundVoxels: foregroundPixels,
      ...figures,
      ...size,
      ...(first !== undefined && { foregroundSlices: [first, last] }),
    },
    shown: `${amount}${where} (${percent(figures.foregroundShare)})`,
    notes,
  };
}

/** The prompt of a slice. */
const promptAt = (what: Exclude<What, { classes: unknown }>, index: number, count: number): string =>
  'ranges' in what
    ? (what.ranges.find(({ from, to = count }) => index >= from && index < to)?.prompt as string)
    : what.prompt;

function rangesOf({ what, reading, path }: Task, count: number): SliceRange[] {
  if ('ranges' in what) return what.ranges.map((range) => within(range, count, path));
  return [within(reading.slices ?? { from: 0 }, count, path)];
}

/** `out/name-mask.nii.gz`, packed where the source is. */
const ending = ({ path, series }: Task): string => (series || /\.gz$/i.test(path) ? '.nii.gz' : '.nii');

async function writeSegmentation(
  file: string,
  series: SliceGroup,
  labels: VoxelMap,
  what: What,
  origin: string,
): Promise<void> {
  const segments =
    'classes' in what
      ? Object.entries(what.classes).map(([label, description], i) => ({ label, description, index: i }))
      : [
          {
            label: 'prompt' in what ? what.prompt : 'lesion',
            description: 'prompt' in what ? what.prompt : what.ranges.map(({ prompt }) => prompt).join('; '),
            index: 0,
          },
        ];
  const first = await readFile(series.slices[0]?.path as string);
  const bytes = await encodeDicomSeg(series, labels as Uint8Array, first, {
    segments: segments.map(({ label, description, index }) => ({
      label,
      description,
      color: CLASS_COLORS[index % CLASS_COLORS.length] as readonly [number, number, number],
    })),
    algorithm: { name: 'MedCLIPSeg', version: VERSION },
    origin,
  });
  await writeFileAtomically(file, bytes);
}

/**
 * Segments a volume and writes its maps. Each slice is segmented as an image of its own, with the same noise.
 *
 * @param origin what determines the result, for the identifiers of DICOM objects
 */
export async function segmentVolume(
  segmenter: Segmenter,
  task: Task,
  settings: Settings,
  place: Place,
  {
    signal,
    origin,
    onSlice,
    beforeWriting,
  }: {
    readonly signal: AbortSignal;
    readonly origin: string;
    readonly onSlice: (done: number, count: number) => void;
    readonly beforeWriting: () => Promise<void>;
  },
): Promise<Outcome> {
  const { path, what, reading, series } = task;
  const { window, volume: chosen } = reading;
  const volume = await openVolume(series ? { ...series, name: path } : path, { window, volume: chosen, signal });
  const axis = axisOf(volume, reading.axis);
  const count = volume.shape[axis];
  const ranges = rangesOf(task, count);
  const { model } = await segmenter.open();
  const classes = 'classes' in what ? Object.keys(what.classes) : undefined;
  const { maps, meters } = await segmentSlices(
    model,
    volume,
    'classes' in what
      ? { classes: what.classes, threshold: settings.threshold }
      : { promptAt: (index) => promptAt(what, index, count) },
    {
      axis,
      ranges,
      sampling: { ...settings.sampling, interpolation: settings.interpolation },
      splitUncertainty: settings.splitUncertainty,
      signal,
      onSlice,
    },
  );
  const total = ranges.reduce((sum, { from, to }) => sum + to - from, 0);

  await beforeWriting();
  const files: Record<string, string> = {};
  for (const [kind, map] of Object.entries(maps)) {
    files[kind] = `${place.name}-${kind}${ending(task)}`;
    await writeNifti(join(place.out, files[kind]), volume, map, niftiOptions(kind));
  }
  if (settings.dicomSeg && series) {
    files.segmentation = `${place.name}-seg.dcm`;
    const labels = maps[classes ? 'labels' : 'mask'] as VoxelMap;
    await writeSegmentation(join(place.out, files.segmentation), series, labels, what, origin);
  }

  const figures = meters.map((meter) => measured(meter, volume, ranges));
  const prompts =
    'classes' in what
      ? {
          classes: Object.entries(what.classes).map(([name, prompt], i) => ({
            label: i + 1,
            name,
            prompt,
            ...figures[i]?.numbers,
          })),
        }
      : {
          ...('prompt' in what ? { prompt: what.prompt } : { prompts: what.ranges }),
          ...figures[0]?.numbers,
        };
  const asked =
    'classes' in what
      ? Object.values(what.classes)
      : 'prompt' in what
        ? [what.prompt]
        : what.ranges.map(({ prompt }) => prompt);
  const samples = meters.map((meter) => meter.samples).join(' + ');
  const shown = figures.map(({ shown: text }, i) => (classes ? `${i + 1} ${classes[i]}: ${text}` : text));
  return {
    numbers: {
      size: volume.shape,
      ...(volume.spacing && { spacing: volume.spacing.map((value) => Number(value.toFixed(6))) }),
      orientation: orientationOf(volume),
      axis: 'ijk'[axis],
      plane: planeAcross(volume, axis),
      slices: ranges.map(({ from, to }) => `${from}:${to}`).join(','),
      window: volume.window,
      ...prompts,
    },
    line: `${shown.join('\n')}${classes ? '\n' : ', '}${total} ${planeAcross(volume, axis) ?? 'ijk'[axis]} slices, ${samples} ${samples === '1' ? 'sample' : 'samples'} each`,
    notes: [
      ...(await promptNotes(segmenter, asked)),
      ...figures.flatMap(({ notes }, i) => (classes ? nameNotes(classes[i] as string, notes) : notes)),
      ...volume.notes,
    ],
    files,
  };
}
