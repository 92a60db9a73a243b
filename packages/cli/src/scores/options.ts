// Options of the contour scores on the command line.
import type { ContourOptions } from 'medclipseg/metrics';
import { UsageError } from '../errors.ts';

export interface ContourFlags {
  readonly tolerance: string;
  readonly spacing: string;
}

const positive = (flag: string, text: string, expected: string): number => {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new UsageError(flag, expected, `'${text}'`, 'Correct it.');
};

/** Reads `--tolerance 2` and `--spacing 0.5` or `0.5,0.7` (across, down). */
export function contourOptions({ tolerance, spacing }: ContourFlags): Required<ContourOptions> {
  const expected = 'the size of a pixel above 0, as 0.5 or as 0.5,0.7';
  const [x = '', y = x, ...rest] = spacing.split(',');
  if (rest.length > 0) throw new UsageError('--spacing', expected, `'${spacing}'`, 'Correct it.');
  return {
    tolerance: positive('--tolerance', tolerance, 'a distance above 0'),
    spacing: { x: positive('--spacing', x, expected), y: positive('--spacing', y, expected) },
  };
}
