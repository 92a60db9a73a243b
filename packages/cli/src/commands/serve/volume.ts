// A volume slice by slice: maps as NIfTI files in the geometry of the upload.
import {
  type Axis,
  axisAcross,
  encodeNifti,
  mapSlices,
  openVolume,
  orientationOf,
  type VoxelMap,
} from '@medclipseg/datasets/node';
import { CLASS_COLORS, MAXIMUM_ENTROPY, unknownPrompt } from 'medclipseg';
import { maskWarnings, resultNumbers } from '../../result-numbers.ts';
import type { SegmentRequest } from './form.ts';
import type { MapBytes, Outcome, ServedModel } from './outcome.ts';
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
  { model, info }: ServedModel,
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
  const border = new Set<string>();
  let samples = 0;
  const maps = await mapSlices(
    volume,
    { axis, ranges: [range], backgrounds, signal },
    async (image): Promise<Record<string, VoxelMap>> => {
      if (!classes) {
        const result = await model.segment(image, prompt as string, options);
        samples = Math.max(samples, result.samples);
        if (result.mask.includes(1)) for (const text of maskWarnings(result.mask, result)) border.add(text);
        return { mask: result.mask, probability: result.probability, uncertainty: result.uncertainty };
      }
      const { labels, segmentations } = await model.label(image, classes, { ...options, threshold });
      const results = [...segmentations.values()];
      samples = Math.max(samples, ...results.map((result) => result.samples));
      return Object.fromEntries([
        ['labels', labels],
        ...results.flatMap(({ probability, uncertainty }, i) => [
          [`${i + 1}-probability`, probability],
          [`${i + 1}-uncertainty`, uncertainty],
        ]),
      ]);
    },
  );

  /** Figures of the voxels that were segmented. */
  const figures = (prefix: string, mask: Uint8Array) => {
    const probability = maps[`${prefix}probability`] as Float32Array;
    const within = <T extends Uint8Array | Float32Array>(map: T) =>
      map.filter((_, i) => !Number.isNaN(probability[i])) as T;
    const uncertainty = within(maps[`${prefix}uncertainty`] as Float32Array);
    return resultNumbers({ probability: within(probability), uncertainty, samples }, within(mask));
  };
  const numbers = classes
    ? {
        classes: names.map((name, i) => ({
          label: i + 1,
          name,
          prompt: classes[name],
          color: CLASS_COLORS[i % CLASS_COLORS.length],
          ...figures(
            `${i + 1}-`,
            (maps.labels as Uint8Array).map((label) => (label === i + 1 ? 1 : 0)),
          ),
        })),
      }
    : { prompt, ...figures('', maps.mask as Uint8Array) };
  const isEmpty = !(maps.mask ?? (maps.labels as VoxelMap)).some((value) => value > 0);
  return {
    size: [...volume.shape],
    numbers: {
      ...numbers,
      spacing: volume.spacing,
      orientation: orientationOf(volume),
      axis,
      slices: [range.from, range.to],
    },
    warnings: [
      ...volume.notes,
      ...(classes ? Object.values(classes) : [prompt as string]).flatMap((text) => unknownPrompt(text, info) ?? []),
      ...(isEmpty ? ['The mask is empty.'] : border),
    ],
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
