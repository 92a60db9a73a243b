// medclipseg dataset phantom: synthetic images with masks and true prompts.
import { writePhantoms } from '@medclipseg/datasets/node';
import { decimal, wholeNumber } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { withProgress } from '../../progress.ts';
import { modalityOf } from './create.ts';

export interface PhantomCommandOptions {
  readonly modality: string;
  readonly count: string;
  readonly seed: string;
  readonly size: string;
  readonly ask: 'all' | 'one';
  readonly absent: string;
  readonly hard?: boolean;
  readonly out: string;
}

export async function phantom(options: PhantomCommandOptions, signal: AbortSignal): Promise<void> {
  const count = wholeNumber('--count', options.count, 1, 1_000_000);
  const absent = decimal(options.absent);
  if (absent === undefined || absent < 0 || absent > 1)
    throw new UsageError('--absent', 'a share from 0 to 1', `'${options.absent}'`, 'Correct it.');
  const phantoms = {
    modality: modalityOf(options.modality),
    count,
    seed: wholeNumber('--seed', options.seed),
    size: wholeNumber('--size', options.size, 16, 4096),
    ask: options.ask,
    absent,
    hard: options.hard,
  };
  const counts = await withProgress('phantoms', (onProgress) =>
    writePhantoms(options.out, { ...phantoms, signal, onProgress: (drawn) => onProgress(drawn, count) }),
  );
  process.stdout.write(
    `${options.out}: ${counts.train} for training, ${counts.val} for validation, ${counts.test} for test\n`,
  );
}
