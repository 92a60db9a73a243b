// medclipseg dataset list: the sixteen published datasets.
import { DATASETS, type DatasetEntry } from '@medclipseg/datasets';

export interface ListOptions {
  readonly json?: boolean;
}

export function list({ json }: ListOptions): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(DATASETS)}\n`);
    return;
  }
  const row = ([name, { modality, organ, train, val, test, source }]: [string, DatasetEntry]) => [
    name,
    modality,
    organ,
    `${train[100] ?? 0}`,
    `${val[100] ?? 0}`,
    `${test}`,
    source.terms,
  ];
  const rows = [['name', 'modality', 'organ', 'train', 'val', 'test', 'terms'], ...Object.entries(DATASETS).map(row)];
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((cells) => cells[i]?.length ?? 0))) ?? [];
  const lines = rows.map((cells) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}
