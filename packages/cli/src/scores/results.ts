// The results of an evaluation: in full precision as JSON, as published in CSV, and as a table for people.
import { join } from 'node:path';
import { writeWhole } from '@medclipseg/datasets/node';
import {
  publishedAverages,
  publishedCsv,
  SCORE_NAMES,
  SCORES,
  type ScoreName,
  type ScoreSummary,
  type Spacing,
  summariseScores,
} from 'medclipseg/metrics';
import type { Score } from './score.ts';

export interface Results {
  /** Averages as the reference prints them: over columns rounded per image. */
  readonly published: { readonly dsc: number; readonly nsd: number };
  readonly summary: Readonly<Record<ScoreName, ScoreSummary>>;
  /** Of the contour scores, in the unit of `spacing`. */
  readonly tolerance: number;
  readonly spacing: Spacing;
  /** Images that should have been scored and could not be. */
  readonly missing: readonly string[];
  /** Predictions without a true mask. */
  readonly extra: readonly string[];
  /** Image by image; a distance to an empty mask is null. */
  readonly scores: readonly Score[];
}

export const collect = (
  scores: readonly Score[],
  rest: Omit<Results, 'published' | 'summary' | 'scores'>,
): Results => ({
  published: publishedAverages(scores),
  summary: summariseScores(scores),
  ...rest,
  scores,
});

/** Writes `scores.json` and `scores.csv`. */
export async function writeResults(folder: string, results: object & Pick<Results, 'scores'>): Promise<void> {
  await writeWhole(join(folder, 'scores.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeWhole(join(folder, 'scores.csv'), publishedCsv(results.scores));
}

/** Aligned columns, the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map((row) => (row[c] ?? '').length)));
  return rows
    .map((row) =>
      row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] as number) : cell.padStart(widths[c] as number))),
    )
    .map((row) => row.join('  ').trimEnd())
    .join('\n');
}

/** Shares times 100, distances as they are. */
export const figure = (name: ScoreName, value: number): string =>
  Number.isNaN(value) ? '–' : (SCORES[name].quantity === 'share' ? 100 * value : value).toFixed(2);

/** The scores over images for people. */
export function scoreTable({ summary, published, scores }: Results): string {
  const rows = SCORE_NAMES.map((name) => {
    const { mean, low, high, median, infinite } = summary[name];
    return [
      SCORES[name].title,
      figure(name, mean),
      `${figure(name, low)} to ${figure(name, high)}`,
      figure(name, median),
      infinite > 0 ? `without ${infinite} infinite` : '',
    ];
  });
  return [
    `${scores.length} images`,
    columns([['', 'mean', '95 % interval', 'median', ''], ...rows]),
    `as published (rounded per image): DSC ${(100 * published.dsc).toFixed(2)}  NSD ${(100 * published.nsd).toFixed(2)}`,
  ].join('\n');
}
