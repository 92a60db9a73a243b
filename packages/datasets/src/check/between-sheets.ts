// Consistency between the prompt sheets of a dataset: subsets, designs, splits.
import { extname } from 'node:path';
import { placesIn } from '../prompts/read.ts';
import type { ProblemList } from './problems.ts';
import { PERCENTAGES, type Sheet, wholeSheet } from './sheets.ts';

const stemOf = (name: string): string => name.slice(0, name.length - extname(name).length);

/** Subsets against the whole, and against the next larger subset. */
export function checkSubsets(sheets: readonly Sheet[], split: 'train' | 'val', problems: ProblemList): void {
  const sorted = PERCENTAGES.flatMap(
    (percentage) => sheets.find((s) => s.split === split && s.options.percentage === percentage) ?? [],
  );
  const whole = sorted.find((sheet) => sheet.options.percentage === 100);
  for (const [i, sheet] of sorted.entries()) {
    const larger = sorted[i - 1];
    if (sheet === whole || !larger || !whole) continue;
    const lacking = (from: Sheet) => {
      const names = new Set(from.rows.map(({ image }) => image));
      return sheet.rows.map(({ image }) => image).filter((image) => !names.has(image));
    };
    problems.add('foreign-row', sheet.file, lacking(whole), sheet.rows.length);
    if (larger !== whole)
      problems.add('not-nested', `${sheet.file} in ${larger.file}`, lacking(larger), sheet.rows.length);
  }
}

const samePlaces = (a: readonly string[], b: readonly string[]): boolean =>
  a.every((place) => b.includes(place)) && b.every((place) => a.includes(place));

/** The designs of the test prompts against the original ones: same images, and same places but where contradiction is the point. */
export function checkDesigns(sheets: readonly Sheet[], problems: ProblemList): void {
  const original = wholeSheet(sheets, 'test');
  if (!original) return;
  // Rows may share an image and ask for different lesions of it.
  const keyOf = ({ image, mask }: { image: string; mask: string }) => `${image}\n${mask}`;
  const prompts = new Map(original.rows.map((row) => [keyOf(row), row.prompt]));
  const images = new Set(original.rows.map(({ image }) => image));
  for (const { file, rows, split, options } of sheets) {
    if (split !== 'test' || options.design === 'original') continue;
    const names = new Set(rows.map(({ image }) => image));
    const mismatched = [
      ...rows.filter(({ image }) => !images.has(image)).map(({ image }) => `${image} (not in ${original.file})`),
      ...[...images].filter((image) => !names.has(image)).map((image) => `${image} (only in ${original.file})`),
    ];
    problems.add('design-rows', file, mismatched, rows.length);
    if (options.design === 'contradictory') continue;
    const placed = rows.flatMap(({ image, mask, prompt }) => {
      const [here, there] = [placesIn(prompt), placesIn(prompts.get(keyOf({ image, mask })) ?? '')];
      return here.length > 0 && there.length > 0 ? [{ image, here, there }] : [];
    });
    const moved = placed.filter(({ here, there }) => !samePlaces(here, there));
    problems.add(
      'design-place',
      file,
      moved.map(({ image, here, there }) => `${image} (${here.join(', ')}; originally ${there.join(', ')})`),
      placed.length,
    );
  }
}

/** Images of the same name, whatever their ending, in two splits. */
export function checkSharedNames(sheets: readonly Sheet[], problems: ProblemList): void {
  for (const [a, b] of [
    ['train', 'test'],
    ['train', 'val'],
    ['val', 'test'],
  ] as const) {
    const [first, second] = [wholeSheet(sheets, a), wholeSheet(sheets, b)];
    if (!first || !second) continue;
    const names = new Set(first.rows.map(({ image }) => stemOf(image)));
    const shared = [...new Set(second.rows.map(({ image }) => image).filter((image) => names.has(stemOf(image))))];
    problems.add('shared-name', `${first.file} and ${second.file}`, shared);
  }
}
