// medclipseg dataset check: problems that would invalidate an experiment, as a table or as JSON.
import { readFile } from 'node:fs/promises';
import { openTokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { type CheckReport, checkDataset, type Problem, type TokenCounter } from '@medclipseg/datasets/node';
import { UsageError } from '../../errors.ts';
import { withProgress } from '../../progress.ts';

export interface CheckCommandOptions {
  readonly tokenizer?: string;
  readonly as?: string;
  readonly json?: boolean;
}

/** Longer than any prompt: counts are compared with the limit, so nothing may be cut. */
const UNBOUNDED = 100_000;

/** Counts as the encoder does: with start and end, without padding. */
async function tokenCounter(file: string): Promise<TokenCounter> {
  const bytes = new Uint8Array(
    await readFile(file).catch(() => {
      throw new UsageError('--tokenizer', 'a tokenizer.json, vocab.txt or merges file', `'${file}'`, 'Check the path.');
    }),
  );
  const [{ contextLength }, counting] = await Promise.all([
    openTokenizer(bytes),
    openTokenizer(bytes, { contextLength: UNBOUNDED }),
  ]);
  const known = new Map<string, number>();
  const count = (prompt: string): number => {
    const counted = known.get(prompt) ?? counting.encode(prompt).findLastIndex((id) => id !== 0) + 1;
    known.set(prompt, counted);
    return counted;
  };
  return { count, limit: contextLength };
}

/** How many items of a problem the table shows. */
const SHOWN = 3;

function line({ severity, where, meaning, items, of }: Problem): string {
  const count = of === undefined ? `${items.length}` : `${items.length} of ${of}`;
  const more = items.length > SHOWN ? ', …' : '';
  return `${severity.padEnd(7)}  ${where}: ${meaning} (${count})\n         ${items.slice(0, SHOWN).join(', ')}${more}`;
}

function table(report: CheckReport): string {
  const { rows, images, places, sizes, counts, dataset, tokensCounted } = report;
  const comparison = dataset
    ? `compared with the documented ${dataset}`
    : 'by its name not one of the published datasets';
  const lines = [
    `${report.folder}: ${rows.train ?? 0} rows for training, ${rows.val ?? 0} for validation, ${rows.test ?? 0} for test; ${images} images; ${comparison}`,
    ...report.problems.map(line),
  ];
  for (const [what, { agree, of }] of [
    ['place (3x3 grid)', places],
    ['size', sizes],
  ] as const)
    if (of > 0)
      lines.push(`single lesions: ${what} of prompt and mask agree in ${agree} of ${of} (${(agree / of).toFixed(3)})`);
  if (!tokensCounted) lines.push('prompt lengths were not measured: give --tokenizer');
  lines.push(`${counts.error} errors, ${counts.warning} warnings, ${counts.note} notes`);
  return lines.join('\n');
}

/** Returns whether the dataset is free of errors. */
export async function check(folder: string, options: CheckCommandOptions, signal: AbortSignal): Promise<boolean> {
  const tokens = options.tokenizer === undefined ? undefined : await tokenCounter(options.tokenizer);
  const report = await withProgress('images', (onProgress) =>
    checkDataset(folder, { name: options.as, tokens, signal, onProgress }),
  );
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${table(report)}\n`);
  return report.counts.error === 0;
}
