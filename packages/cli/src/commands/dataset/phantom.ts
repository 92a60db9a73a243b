// medclipseg dataset phantom: drawn pictures with masks and true prompts.
import { writePhantoms } from '@medclipseg/datasets/node';
import { wholeNumber } from '../../numbers.ts';
import { modalityOf } from './modality.ts';
import { progress } from './progress.ts';

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
  const bar = progress('phantoms', count);
  try {
    const counts = await writePhantoms(options.out, { ...phantoms, signal, onProgress: bar.update });
    bar.stop();
    process.stdout.write(
      `${options.out}: ${counts.train} to train, ${counts.val} to validate, ${counts.test} to test\n`,
    );
  } finally {
    bar.stop();
  }
}
