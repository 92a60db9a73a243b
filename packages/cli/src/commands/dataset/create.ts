// medclipseg dataset create: a folder of images and one of masks as a dataset.
import { MODALITIES, type Modality, WORDINGS, type Wording } from '@medclipseg/datasets';
import { createDataset, type SplitShares } from '@medclipseg/datasets/node';
import { wholeNumber } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { withProgress } from '../../progress.ts';

export interface CreateCommandOptions {
  readonly images: string;
  readonly masks: string;
  readonly out: string;
  readonly modality: string;
  readonly lesion?: string;
  readonly organ?: string;
  readonly split: string;
  readonly patientSeparator?: string;
  readonly label?: string;
  readonly seed: string;
}

/** Reads a modality. Throws `UsageError`. */
export function modalityOf(text: string): Modality {
  if (MODALITIES.includes(text as Modality)) return text as Modality;
  throw new UsageError('--modality', MODALITIES.join(', '), `'${text}'`, 'Choose one of them.');
}

/** The modality's words, with the lesion and the organ that were named. */
function wordingOf({ modality, lesion, organ }: CreateCommandOptions): Wording {
  const wording = WORDINGS[modalityOf(modality)];
  return { ...wording, ...(lesion && { lesion }), ...(organ && { organ, tissue: organ }) };
}

/** Shares from percentages such as 80,10,10. */
function sharesOf(text: string): SplitShares {
  const [train, val, test, ...more] = text.split(',').map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
  if (train === undefined || val === undefined || test === undefined || more.length > 0 || train + val + test !== 100)
    throw new UsageError('--split', 'three whole percentages that add up to 100', `'${text}'`, 'Give 80,10,10.');
  return { train: train / 100, val: val / 100, test: test / 100 };
}

export async function create(options: CreateCommandOptions, signal: AbortSignal): Promise<void> {
  const { images, masks, out, patientSeparator, label } = options;
  const counts = await withProgress('images', (onProgress) =>
    createDataset(out, {
      images,
      masks,
      wording: wordingOf(options),
      shares: sharesOf(options.split),
      seed: wholeNumber('--seed', options.seed),
      patientSeparator,
      label,
      signal,
      onProgress,
    }),
  );
  if (counts.labels.length > 1)
    process.stderr.write(`the labels ${counts.labels.join(', ')} are joined as foreground; --label selects one\n`);
  process.stdout.write(
    `${out}: ${counts.train} for training, ${counts.val} for validation, ${counts.test} for test; ${counts.withoutFinding} without foreground\n`,
  );
}
