// medclipseg dataset phantom: synthetic images with masks and true prompts.
import { writePhantoms } from '@medclipseg/datasets/node';
import { wholeNumber } from '../../command.ts';
import { withProgress } from '../../progress.ts';
import { modalityOf } from './create.ts';

export interface PhantomCommandOptions {
  readonly modality: string;
  readonly count: string;
  readonly seed: string;
  readonly size: string;
  readonly out: string;
}

export async function phantom(options: PhantomCommandOptions, signal: AbortSignal): Promise<void> {
  const count = wholeNumber('--count', options.count, 1, 1_000_000);
  const phantoms = {
    modality: modalityOf(options.modality),
    count,
    seed: wholeNumber('--seed', options.seed),
    size: wholeNumber('--size', options.size, 16, 4096),
  };
  const counts = await withProgress('phantoms', (onProgress) =>
    writePhantoms(options.out, { ...phantoms, signal, onProgress: (written) => onProgress(written, count) }),
  );
  process.stdout.write(
    `${options.out}: ${counts.train} for training, ${counts.val} for validation, ${counts.test} for test\n`,
  );
}
