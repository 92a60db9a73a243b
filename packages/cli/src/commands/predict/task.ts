// One input with everything that determines its result.
import type { SegmentOptions } from 'medclipseg';
import { wholeNumber, windowSetting } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { AXES, type AxisName, type OpenRange, sliceRange } from '../../volumes.ts';
import type { Input } from './inputs.ts';
import type { JobOptions } from './jobs.ts';
import type { What } from './what.ts';

/** How an image or volume is read. */
export interface Reading {
  readonly page?: number;
  readonly volume?: number;
  readonly window?: ReturnType<typeof windowSetting>;
  readonly axis?: AxisName;
  readonly slices?: OpenRange;
}

/** What holds for all inputs of a call. */
export interface Settings {
  readonly sampling: SegmentOptions;
  readonly interpolation: 'bilinear' | 'nearest';
  readonly threshold?: number;
  readonly splitUncertainty?: boolean;
  readonly dicomSeg?: boolean;
}

export interface Task extends Input {
  readonly what: What;
  readonly reading: Reading;
}

function axisName(text: string): AxisName {
  const name = text.toLowerCase() as AxisName;
  if (AXES.includes(name)) return name;
  throw new UsageError('--axis', AXES.join(', '), `'${text}'`, 'Name an axis of the file, or a plane of the patient.');
}

/** Reads the options of a call or a job. Throws `UsageError`. */
export function readingOf({ page, volume, window, axis, slices }: JobOptions): Reading {
  return {
    ...(page !== undefined && { page: wholeNumber('--page', page) }),
    ...(volume !== undefined && { volume: wholeNumber('--volume', volume) }),
    ...(window !== undefined && { window: windowSetting(window) }),
    ...(axis !== undefined && { axis: axisName(axis) }),
    ...(slices !== undefined && { slices: sliceRange('--slices', slices) }),
  };
}

/** Whether a task can only mean a volume. */
export const needsVolume = ({ what, reading }: Pick<Task, 'what' | 'reading'>): boolean =>
  'ranges' in what || reading.axis !== undefined || reading.slices !== undefined;

/** Throws `UsageError` where options of a task exclude each other. */
export function checkTask({ path, what, reading, series }: Task): void {
  if ('ranges' in what && reading.slices)
    throw new UsageError('--slices', 'to be given without prompts of slices', 'both', 'The prompts name their slices.');
  if (reading.page !== undefined && (series || needsVolume({ what, reading })))
    throw new UsageError(
      `--page of ${path}`,
      'to be given for a single image',
      'a volume',
      'Leave it out, or name the file and no slices.',
    );
}
