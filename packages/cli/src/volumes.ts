// Volumes, slice by slice: which axis and slices are meant, and the maps and figures of all slices. Shared by `predict` and `serve`.
import type { RasterImage } from '@medclipseg/datasets';
import {
  type Axis,
  axisAcross,
  mapSlices,
  PLANES,
  type SliceRange,
  type Volume,
  type VoxelMap,
} from '@medclipseg/datasets/node';
import { MAXIMUM_ENTROPY, type MedCLIPSeg, type Segmentation, type SegmentOptions } from 'medclipseg';
import { type ResultFigures, ResultMeter } from 'medclipseg/metrics';
import { UsageError } from './errors.ts';

/** The axes of a file, and the planes of the patient that slices can be parallel to. */
export const AXES = ['i', 'j', 'k', ...PLANES] as const;

export type AxisName = (typeof AXES)[number];

/** The axis that slices are counted along. Default: that of the acquisition. */
export function axisOf(volume: Volume, name: AxisName | undefined): Axis {
  if (name === undefined) return volume.acquisitionAxis;
  return name === 'i' || name === 'j' || name === 'k'
    ? (['i', 'j', 'k'].indexOf(name) as Axis)
    : axisAcross(volume, name);
}

/** Slices from one to before another; to the end of the volume if `to` is absent. */
export interface OpenRange {
  readonly from: number;
  readonly to?: number;
}

const RANGE = /^\s*(\d*)\s*:\s*(\d*)\s*$/;

/** Reads slices such as `10:40`, `10:` or `:40`: from the first number to before the second. Throws `UsageError`. */
export function sliceRange(flag: string, text: string): OpenRange {
  const [, from, to] = RANGE.exec(text) ?? [];
  const range = { from: Number(from || 0), ...(to && { to: Number(to) }) };
  if (from === undefined || !(range.from < (range.to ?? Number.POSITIVE_INFINITY)))
    throw new UsageError(
      flag,
      'slices such as 10:40, from the first number to before the second',
      `'${text}'`,
      'Slices count from 0.',
    );
  return range;
}

/** The range within a volume of `count` slices. Throws `UsageError` where it reaches beyond. */
export function within({ from, to = Number.POSITIVE_INFINITY }: OpenRange, count: number, name: string): SliceRange {
  const end = to === Number.POSITIVE_INFINITY ? count : to;
  if (end <= count && from < end) return { from, to: end };
  throw new UsageError(`slices of ${name}`, `slices within 0:${count}`, `${from}:${end}`, 'Correct the range.');
}

/** Kinds of maps: what they are in slices that are not segmented, and their largest value. A mask has no value for unknown. */
const KINDS = {
  mask: { background: 0, brightest: 1 },
  labels: { background: 0, brightest: 0 },
  probability: { background: Number.NaN, brightest: 1 },
  uncertainty: { background: Number.NaN, brightest: MAXIMUM_ENTROPY },
  'uncertainty-expected': { background: Number.NaN, brightest: MAXIMUM_ENTROPY },
  'uncertainty-mutual': { background: Number.NaN, brightest: MAXIMUM_ENTROPY },
} as const;

/** `1-probability` is the probability of the first class. */
const kindOf = (name: string) => KINDS[name.replace(/^\d+-/, '') as keyof typeof KINDS];

/** How a map is written as NIfTI. */
export const niftiOptions = (name: string) => ({
  description: `MedCLIPSeg ${name}, for research only`,
  brightest: kindOf(name).brightest,
});

/** Follows a mask through the slices. */
export class MaskMeter {
  readonly #meter = new ResultMeter();
  /** The slices that the mask is in. */
  readonly slices: number[] = [];
  samples = 0;

  add(index: number, segmentation: Segmentation, mask: Uint8Array): void {
    const { width, height, probability, uncertainty, samples } = segmentation;
    this.#meter.add({ width, height, mask, probability, uncertainty });
    this.samples = Math.max(this.samples, samples);
    if (mask.some((value) => value !== 0)) this.slices.push(index);
  }

  figures = (): ResultFigures => this.#meter.result();
}

/** What each slice is segmented by. */
export type Asked =
  | { readonly promptAt: (index: number) => string }
  | { readonly classes: Readonly<Record<string, string>>; readonly threshold?: number };

export interface SliceOptions {
  readonly axis: Axis;
  readonly ranges: readonly SliceRange[];
  readonly sampling: Omit<SegmentOptions, 'onSample'>;
  /** Also maps of the two parts of the uncertainty of a prompt. */
  readonly splitUncertainty?: boolean;
  readonly signal: AbortSignal;
  readonly onSlice?: (done: number, count: number) => void;
}

/** Segments each slice as an image of its own, with the same noise. Maps are in the order and orientation of the volume's voxels. */
export async function segmentSlices(
  model: MedCLIPSeg,
  volume: Volume,
  asked: Asked,
  { axis, ranges, sampling, splitUncertainty, signal, onSlice }: SliceOptions,
): Promise<{ readonly maps: Readonly<Record<string, VoxelMap>>; readonly meters: readonly MaskMeter[] }> {
  const options = { ...sampling, signal };
  const classes = 'classes' in asked ? Object.keys(asked.classes) : undefined;
  const meters = (classes ?? ['']).map(() => new MaskMeter());
  const kinds = classes
    ? ['labels', ...classes.flatMap((_, i) => [`${i + 1}-probability`, `${i + 1}-uncertainty`])]
    : [
        ...['mask', 'probability', 'uncertainty'],
        ...(splitUncertainty ? ['uncertainty-expected', 'uncertainty-mutual'] : []),
      ];
  const segmentSlice = async (image: RasterImage, index: number): Promise<Record<string, VoxelMap>> => {
    if ('classes' in asked) {
      const { labels, segmentations } = await model.label(image, asked.classes, {
        threshold: asked.threshold,
        ...options,
      });
      const maps: Record<string, VoxelMap> = { labels };
      [...segmentations.values()].forEach((result, i) => {
        meters[i]?.add(
          index,
          result,
          labels.map((label) => (label === i + 1 ? 1 : 0)),
        );
        maps[`${i + 1}-probability`] = result.probability;
        maps[`${i + 1}-uncertainty`] = result.uncertainty;
      });
      return maps;
    }
    const result = await model.segment(image, asked.promptAt(index), options);
    const { mask, probability, uncertainty } = result;
    meters[0]?.add(index, result, mask);
    return {
      mask,
      probability,
      uncertainty,
      ...(splitUncertainty && {
        'uncertainty-expected': result.expectedEntropy,
        'uncertainty-mutual': result.mutualInformation,
      }),
    };
  };
  const count = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  const backgrounds = Object.fromEntries(kinds.map((kind) => [kind, kindOf(kind).background]));
  let done = 0;
  const maps = await mapSlices(volume, { axis, ranges, backgrounds, signal }, async (image, index) => {
    const found = await segmentSlice(image, index);
    done += 1;
    onSlice?.(done, count);
    return found;
  });
  return { maps, meters };
}

/** Milliliters of some voxels, if the size of a voxel is known. */
export const volumeOf = (voxels: number, { voxelVolume }: Volume) =>
  voxelVolume && { volumeMl: Number(((voxels * voxelVolume) / 1000).toFixed(4)) };
