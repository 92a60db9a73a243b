// Which samples the rows of a batch are made of: compositions take a second sample, and fill two rows.
import { lesionNoun } from '../prompts/wordings.ts';
import { seededRandom } from '../random.ts';
import { type AugmentationStep, compositionIn } from './steps.ts';

export type RandomKey = readonly (number | string)[];

/** The sample of a row, its random key, and the sample that it is composed with. */
export interface BatchRow {
  readonly index: number;
  readonly key: RandomKey;
  readonly partner?: { readonly index: number; readonly asked: 0 | 1 };
}

/** Draws of a partner before one of another kind is taken, with which nothing is composed. */
const TRIES = 40;

function partnerOf(index: number, key: RandomKey, prompts: readonly string[]): number {
  const random = seededRandom(...key, 'partner');
  const kind = lesionNoun(prompts[index] as string)?.kind;
  let other = index;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    other = Math.floor(random() * prompts.length);
    if (other !== index && lesionNoun(prompts[other] as string)?.kind === kind) break;
  }
  return other;
}

/**
 * The rows of a batch of samples. Where a step composes the sample of an even row with another, the next row shows the same composition and
 * asks for the other lesion, in place of its own sample: what differs in such a pair is only the prompt and the mask.
 *
 * @param group indices of the samples
 * @param keyOf the random key of a sample
 * @param prompts of all samples
 */
export function batchRows(
  group: readonly number[],
  steps: readonly AugmentationStep[],
  keyOf: (index: number) => RandomKey,
  prompts: readonly string[],
): BatchRow[] {
  const composed = (row: number): boolean =>
    row >= 0 && row < group.length && compositionIn(steps, keyOf(group[row] as number)) !== undefined;
  return group.map((own, row) => {
    const second = row % 2 === 1 && composed(row - 1);
    const index = second ? (group[row - 1] as number) : own;
    const key = keyOf(index);
    if (!second && !composed(row)) return { index, key };
    return { index, key, partner: { index: partnerOf(index, key, prompts), asked: second ? 1 : 0 } };
  });
}
