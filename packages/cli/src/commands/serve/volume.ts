// A volume slice by slice: maps as NIfTI files in the geometry of the upload.
import { encodeNifti, openVolume, orientationOf } from '@medclipseg/datasets/node';
import { CLASS_COLORS } from 'medclipseg';
import { axisOf, niftiOptions, segmentSlices, volumeOf, within } from '../../volumes.ts';
import type { SegmentRequest } from './form.ts';
import { describeMask, type MapBytes, type Outcome, type ServedModel } from './outcome.ts';
import { RequestError } from './problem.ts';

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
  const axis = axisOf(volume, plane);
  const range = within(slices ?? { from: 0 }, volume.shape[axis], 'image');
  const names = Object.keys(classes ?? {});
  const { maps, meters } = await segmentSlices(
    model,
    volume,
    classes ? { classes, threshold } : { promptAt: () => prompt as string },
    { axis, ranges: [range], sampling, signal },
  );

  const found = meters.map((meter, i) => {
    const { numbers, warnings } = describeMask(meter.figures(), meter.samples, 'slices');
    return {
      numbers: { ...numbers, ...volumeOf(numbers.foregroundPixels, volume) },
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
      Object.entries(maps).map(([kind, map]): [string, MapBytes] => [
        kind,
        { format: 'nifti', write: () => encodeNifti(volume.header, map, niftiOptions(kind)) },
      ]),
    ),
  };
}
