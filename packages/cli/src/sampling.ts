// The flags of every command that samples.
import type { Command } from 'commander';
import type { SegmentOptions } from 'medclipseg';
import { UsageError } from './errors.ts';
import { wholeNumber } from './numbers.ts';

export interface SamplingFlags {
  readonly samples: string;
  readonly seed: string;
  readonly fold?: string;
  readonly antithetic?: boolean;
  readonly dihedral?: boolean;
  readonly stop?: string;
  readonly trimPadding?: boolean;
}

export const addSamplingFlags = (command: Command): Command =>
  command
    .option('--samples <n>', 'Monte-Carlo samples, or the most of them with --stop; 0 runs the mean network', '30')
    .option('--seed <n>', 'seed of the noise', '666')
    .option('--fold <n>', 'samples computed at a time; changes memory and speed, no result')
    .option('--antithetic', 'draw samples in pairs of opposite noise')
    .option('--stop <error>', 'stop when 99 % of the pixels have a mean with at most this standard error, as 0.01')
    .option('--dihedral', 'samples take turns at the eight flips and turns of the image')
    .option('--trim-padding', 'leave out the padding behind the prompt');

function standardError(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1))
    throw new UsageError('--stop', 'a standard error between 0 and 1', `'${text}'`, 'Give for example 0.01.');
  return value;
}

/** How to sample, from the flags. */
export const samplingOptions = ({
  samples,
  seed,
  fold,
  antithetic,
  dihedral,
  stop,
  trimPadding,
}: SamplingFlags): SegmentOptions => ({
  samples: wholeNumber('--samples', samples),
  seed: wholeNumber('--seed', seed),
  ...(fold !== undefined && { fold: wholeNumber('--fold', fold, 1) }),
  ...(stop !== undefined && { stopWhen: { standardError: standardError(stop) } }),
  antithetic,
  dihedral,
  trimPadding,
});
