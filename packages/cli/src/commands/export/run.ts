// medclipseg export: a model as ONNX graphs, a tokenizer and a card.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { selectDevice } from 'medclipseg';
import { type ExportOptions, exportOnnx } from 'medclipseg/export';
import type { ModelFlags } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { openModel } from '../../open-model.ts';
import { withByteProgress } from '../../progress.ts';

export interface ExportFlags extends ModelFlags {
  readonly onnx: string;
  readonly precision: string;
  readonly weights?: string;
  readonly name?: string;
  readonly license?: string;
  readonly json?: boolean;
}

const PRECISIONS = ['float32', 'float16', 'int8'];
const PLACES = ['inline', 'external', 'checkpoint'];

function checkChoice(flag: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) throw new UsageError(flag, choices.join(', '), `'${value}'`, 'Choose one of them.');
}

export async function exportModel(path: string, options: ExportFlags, signal: AbortSignal): Promise<void> {
  const { onnx: folder, precision, weights, name, license, json } = options;
  checkChoice('--precision', precision, PRECISIONS);
  if (weights !== undefined) checkChoice('--weights', weights, PLACES);
  // Nothing is computed: the graphs are traced.
  await selectDevice('cpu');
  const model = await openModel(path, options, signal);
  try {
    const { card, files } = await withByteProgress(folder, (onProgress) =>
      exportOnnx(model, folder, {
        precision: precision as ExportOptions['precision'],
        weights: weights as ExportOptions['weights'],
        name,
        license,
        signal,
        onProgress,
      }),
    );
    if (json) {
      process.stdout.write(`${JSON.stringify(card, undefined, 2)}\n`);
      return;
    }
    for (const file of files) {
      const { size } = await stat(join(folder, file));
      process.stdout.write(`${join(folder, file)}  ${(size / 2 ** 20).toFixed(1)} MiB\n`);
    }
    process.stdout.write(
      'card.json says how to compute a mask with these files. For research only, not a medical device.\n',
    );
  } finally {
    await model.dispose();
  }
}
