// A volume slice by slice: maps as NIfTI files in the geometry of the upload.
import type { RasterImage } from '@medclipseg/datasets';
import {
  type Axis,
  axisAcross,
  encodeNifti,
  mapSlices,
  openVolume,
  orientationOf,
  type VoxelMap,
} from '@medclipseg/datasets/node';
import { CLASS_COLORS, MAXIMUM_ENTROPY, type Segmentation } from 'medclipseg';
import { ResultMeter } from 'medclipseg/metrics';
import type { SegmentRequest } from './form.ts';
import { describeMask, type MapBytes, type Outcome, type ServedModel } from './outcome.ts';
import { RequestError } from './problem.ts';

/** Values of the kinds of maps: in slices that are not segmented, and the largest. */
const KINDS = {
  mask: { background: 0, brightest: 1 },
  labels: { background: 0, brightest: 0 },
  probability: { background: Number.NaN, brightest: 1 },
  uncertainty: { background: Number.NaN, brightest: MAXIMUM_ENTROPY },
} as const;
const kindOf = (name: string) => KINDS[name.replace(/^\d+-/, '') as keyof typeof KINDS];

/** Reads `10:20`, `:20` or `10:`: the first slice, and the one after the last. */
function rangeOf(text: string | undefined, count: number) {
  const [, from = '', to = ''] = /^(\d*):(\d*)$/.exec(text ?? ':') ?? [];
  const range = { from: from === '' ? 0 : Number(from), to: to === '' ? count : Number(to) };
  if (!/^\d*:\d*$/.test(text ?? ':') || range.from >= range.to || range.to > count)
    throw new RequestError(
      400,
      'slices',
      `a range within 0:${count}`,
      `'${text}'`,
      'The second number is the slice after the last.',
    );
  return range;
}

/**
 * Segments a volume. Each slice is segmented as an image of its own, with the same noise, as by `medclipseg predict`.
 *
 * @param mostVoxels larger volumes are refused
 */
export async function segmentVolume(
  { model }: ServedModel,
  request: SegmentRequest,
  { mostVoxels, signal }: { readonly mostVoxels: number; readonly signal: AbortSignal },
): Promise<Outcome> {
  const { prompt, classes, threshold, sampling, reading, slices, axis: plane } = request;
  const volume = await openVolume(request.image, { name: 'image', window: reading.window, volume: reading.volume });
  const voxels = volume.shape.reduce((product, n) => product * n, 1);
  if (voxels > mostVoxels)
    throw new RequestError(413, 'image', `at most ${mostVoxels} voxels`, volume.shape.join('x'), 'Cut or resample it.');
  const ofFile = ['i', 'j', 'k'].indexOf(plane ?? '');
  const axis =
    plane === undefined
      ? volume.acquisitionAxis
      : ofFile >= 0
        ? (ofFile as Axis)
        : axisAcross(volume, plane as 'axial');
  const range = rangeOf(slices, volume.shape[axis]);
  const names = Object.keys(classes ?? {});
  const kinds = classes
    ? ['labels', ...names.flatMap((_, i) => [`${i + 1}-probability`, `${i + 1}-uncertainty`])]
    : ['mask', 'probability', 'uncertainty'];
  const backgrounds = Object.fromEntries(kinds.map((kind) => [kind, kindOf(kind).background]));
  const options = { ...sampling, signal };
  const meters = (classes ? names : ['']).map(() => new ResultMeter());
  let samples = 0;
  const measure = (i: number, result: Segmentation, mask: Uint8Array) => {
    const { width, height, probability, uncertainty } = result;
    meters[i]?.add({ width, height, mask, probability, uncertainty });
    samples = Math.max(samples, result.samples);
  };
  const segmentSlice = async (image: RasterImage): Promise<Record<string, VoxelMap>> => {
    if (!classes) {
      const result = await model.segment(image, prompt as string, options);
      const { mask, probability, uncertainty } = result;
      measure(0, result, mask);
      return { mask, probability, uncertainty };
    }
    const { labels, segmentations } = await model.label(image, classes, { ...options, threshold });
    const found: Record<string, VoxelMap> = { labels };
    [...segmentations.values()].forEach((result, i) => {
      measure(
        i,
        result,
        labels.map((label) => (label === i + 1 ? 1 : 0)),
      );
      found[`${i + 1}-probability`] = result.probability;
      found[`${i + 1}-uncertainty`] = result.uncertainty;
    });
    return found;
  };
  const maps = await mapSlices(volume, { axis, ranges: [range], backgrounds, signal }, segmentSlice);

  const found = meters.map((meter, i) => {
    const { numbers, warnings } = describeMask(meter, samples, 'slices');
    const milliliters = volume.voxelVolume && (numbers.foregroundPixels * volume.voxelVolume) / 1000;
    return {
      numbers: { ...numbers, ...(milliliters !== undefined && { volumeMl: Number(milliliters.toFixed(4)) }) },
      warnings: classes ? warnings.map((text) => `${names[i]}: ${text}`) : warnings,
    };
  });
  const numbers = classes
    ? {
        classes: names.map((name, i) => ({
          label: i + 1,
          name,
          prompt: classes[name],
          color: CLASS_COLORS[i % CLASS_COLORS.length],
          ...found[i]?.numbers,
        })),
      }
    : { prompt, ...found[0]?.numbers };
  return {
    size: [...volume.shape],
    numbers: {
      ...numbers,
      spacing: volume.spacing,
      orientation: orientationOf(volume),
      axis,
      slices: [range.from, range.to],
    },
    warnings: [...found.flatMap(({ warnings }) => warnings), ...volume.notes],
    maps: Object.fromEntries(
      kinds.map((kind): [string, MapBytes] => [
        kind,
        {
          format: 'nifti',
          write: () =>
            encodeNifti(volume.header, maps[kind] as VoxelMap, {
              description: `MedCLIPSeg ${kind}`,
              brightest: kindOf(kind).brightest || names.length,
            }),
        },
      ]),
    ),
  };
}
