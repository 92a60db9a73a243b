// One window for all slices of a volume.
import { FormatError } from '../images/bytes.ts';
import { OUTLIERS } from '../scans/nifti.ts';
import { CT_WINDOWS, fullWindow, type Window } from '../scans/window.ts';

/** Percentiles of larger volumes are those of at least this many voxels, evenly spread. */
const SAMPLED_VOXELS = 1 << 24;

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));

/**
 * From the 1st to the 99th percentile of all voxels.
 *
 * @param read measured value of a voxel; NaN does not count
 * @param row voxels in a row of the file
 * @throws {FormatError} if no voxel has a value
 */
export function percentileWindow(read: (index: number) => number, voxels: number, row: number): Window {
  let step = Math.max(1, Math.floor(voxels / SAMPLED_VOXELS));
  // Otherwise some columns would never be looked at.
  while (commonDivisor(step, row) !== 1) step++;
  const values = new Float32Array(Math.ceil(voxels / step));
  for (let i = 0; i < values.length; i++) values[i] = read(i * step);
  const found = fullWindow(values, OUTLIERS);
  if (found) return found;
  throw new FormatError(`${voxels} voxels that are not`, 'values that are numbers', 'Check the volume.');
}

/** Without a window, soft tissue is a few grays between air and bone. */
export const needsWindow = (actual: string): FormatError =>
  new FormatError(
    actual,
    'a window for CT',
    'Give one, for example --window 40,400 for soft tissue or --window -600,1500 for lungs.',
    CT_WINDOWS,
  );
