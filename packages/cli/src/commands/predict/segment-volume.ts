// One volume, slice by slice: maps as NIfTI in the geometry of the file, and DICOM segmentations of series.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RasterImage } from '@medclipseg/datasets';
import {
  axisAcross,
  encodeDicomSeg,
  mapSlices,
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
import { CLASS_COLORS, MAXIMUM_ENTROPY, type Segmentation } from 'medclipseg';
import { type ResultFigures, ResultMeter } from 'medclipseg/metrics';
import { VERSION } from '../../command.ts';
import type { Place } from '../../maps.ts';
import { nameNotes, type Outcome, percent, promptNotes, type Segmenter } from './outcome.ts';
import type { Settings, Task } from './task.ts';
import { type What, within } from './what.ts';

type Maps = Readonly<Record<string, VoxelMap>>;

/** Kinds of maps, what they are in slices that are not segmented, and their largest value. A mask has no value for unknown. */
const KINDS: Readonly<Record<string, { readonly background: number; readonly brightest: number }>> = {
  mask: { background: 0, brightest: 1 },
  labels: { background: 0, brightest: 0 },
  probability: { background: Number.NaN, brightest: 1 },
  uncertainty: { background: Number.NaN, brightest: MAXIMUM_ENTROPY },
  'uncertainty-expected': { background: Number.NaN, brightest: MAXIMUM_ENTROPY },
  'uncertainty-mutual': { background: Number.NaN, brightest: MAXIMUM_ENTROPY },
};
const kindOf = (name: string) => KINDS[name.replace(/^\d+-/, '')] as (typeof KINDS)[string];

/** Follows a mask through the slices. */
class MaskMeter {
  readonly #meter = new ResultMeter();
  readonly slices: number[] = [];
  samples = 0;

  add(index: number, segmentation: Segmentation, mask: Uint8Array = segmentation.mask): void {
    const { width, height, probability, uncertainty, samples } = segmentation;
    this.#meter.add({ width, height, mask, probability, uncertainty });
    this.samples = Math.max(this.samples, samples);
    if (mask.some((value) => value !== 0)) this.slices.push(index);
  }

  figures = (): ResultFigures => this.#meter.result();
}

/** What a report says about a mask, and its notes. */
function measured(meter: MaskMeter, volume: Volume, ranges: readonly SliceRange[]) {
  const { imagesWithForeground, imagesTouchingBorder, foregroundPixels, ...figures } = meter.figures();
  const milliliters = volume.voxelVolume && (foregroundPixels * volume.voxelVolume) / 1000;
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
  const amount = milliliters === undefined ? `${foregroundPixels} voxels` : `${milliliters.toFixed(2)} ml`;
  return {
    numbers: {
      samples: meter.samples,
      foregroundVoxels: foregroundPixels,
      ...figures,
      ...(milliliters !== undefined && { volumeMl: Number(milliliters.toFixed(4)) }),
      ...(first !== undefined && { foregroundSlices: [first, last] }),
    },
    shown: `${amount}${where} (${percent(figures.foregroundShare)})`,
    notes,
  };
}

/** The prompt of a slice. */
const promptAt = (what: What, index: number, count: number): string =>
  'ranges' in what
    ? (what.ranges.find(({ from, to = count }) => index >= from && index < to)?.prompt as string)
    : (what as { prompt: string }).prompt;

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
  const plane = reading.axis;
  const axis =
    plane === undefined
      ? volume.acquisitionAxis
      : plane === 'i' || plane === 'j' || plane === 'k'
        ? (['i', 'j', 'k'].indexOf(plane) as 0 | 1 | 2)
        : axisAcross(volume, plane);
  const count = volume.shape[axis];
  const ranges = rangesOf(task, count);
  const { model } = await segmenter.open();
  const options = { ...settings.sampling, interpolation: settings.interpolation, signal };
  const classes = 'classes' in what ? Object.keys(what.classes) : undefined;
  const meters = (classes ?? ['']).map(() => new MaskMeter());
  const kinds = classes
    ? ['labels', ...classes.flatMap((_, i) => [`${i + 1}-probability`, `${i + 1}-uncertainty`])]
    : [
        ...['mask', 'probability', 'uncertainty'],
        ...(settings.splitUncertainty ? ['uncertainty-expected', 'uncertainty-mutual'] : []),
      ];

  const segmentSlice = async (image: RasterImage, index: number): Promise<Maps> => {
    const result = await model.segment(image, promptAt(what, index, count), options);
    meters[0]?.add(index, result);
    const { mask, probability, uncertainty } = result;
    return {
      mask,
      probability,
      uncertainty,
      ...(settings.splitUncertainty && {
        'uncertainty-expected': result.expectedEntropy,
        'uncertainty-mutual': result.mutualInformation,
      }),
    };
  };
  const labelSlice = async (image: RasterImage, index: number): Promise<Maps> => {
    const prompts = (what as { classes: Record<string, string> }).classes;
    const { labels, segmentations } = await model.label(image, prompts, { threshold: settings.threshold, ...options });
    const results = [...segmentations.values()];
    results.forEach((result, i) => {
      const mask = labels.map((label) => (label === i + 1 ? 1 : 0));
      meters[i]?.add(index, result, mask);
    });
    const maps = results.flatMap(({ probability, uncertainty }, i) => [
      [`${i + 1}-probability`, probability],
      [`${i + 1}-uncertainty`, uncertainty],
    ]);
    return { labels, ...Object.fromEntries(maps) };
  };

  const total = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  let done = 0;
  const backgrounds = Object.fromEntries(kinds.map((kind) => [kind, kindOf(kind).background]));
  const maps = await mapSlices(volume, { axis, ranges, backgrounds, signal }, async (image, index) => {
    const found = await (classes ? labelSlice : segmentSlice)(image, index);
    onSlice(++done, total);
    return found;
  });

  await beforeWriting();
  const files: Record<string, string> = {};
  for (const kind of kinds) {
    files[kind] = `${place.name}-${kind}${ending(task)}`;
    await writeNifti(join(place.out, files[kind]), volume, maps[kind] as VoxelMap, {
      description: `MedCLIPSeg ${kind}, for research only`,
      brightest: kindOf(kind).brightest,
    });
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
