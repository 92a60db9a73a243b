// A dataset of phantoms in the published folder layout.
import { type LayoutSample, type SplitCounts, writeLayout } from '../create/layout.ts';
import { assignSplits, type SplitShares } from '../create/splits.ts';
import { ArgumentError } from '../errors.ts';
import type { Split } from '../folder.ts';
import { encodePng } from '../images/encode.ts';
import { askFor, askInVain } from '../prompts/ask.ts';
import { separateLesions } from '../prompts/lesions.ts';
import { WORDINGS } from '../prompts/wordings.ts';
import { pickWeighted, seededRandom } from '../random.ts';
import { appearancesOf, drawPhantom, type Phantom, type PhantomOptions } from './draw.ts';

export interface PhantomDatasetOptions extends Omit<PhantomOptions, 'count'> {
  /** Number of images. */
  readonly count: number;
  /**
   * `all`: a row per image, whose mask has all lesions. `one`: a row per lesion, whose mask has that lesion alone and whose prompt names what
   * sets it apart; most images have several lesions, of different colors or brightness. Default: `all`.
   */
  readonly ask?: 'all' | 'one';
  /** Share of the images, 0 to 1, that have no lesion although their prompt asks for one; their masks are empty. Default: 0. */
  readonly absent?: number;
  readonly shares?: SplitShares;
  readonly signal?: AbortSignal;
  /** Called with the number of finished images. */
  readonly onProgress?: (drawn: number) => void;
}

/** The seed of a dataset's n-th phantom; datasets with different seeds share no phantoms. */
export const phantomSeed = (seed: number, index: number): number =>
  Math.floor(seededRandom('phantoms', seed, index)() * 2 ** 32);

/** Number of lesions where one of them is asked for, and its probability. */
const COUNTS_TO_ASK = [
  [1, 0.15],
  [2, 0.5],
  [3, 0.35],
] as const;

type Row = Pick<LayoutSample, 'mask' | 'prompts'>;

/** A row for each lesion that something sets apart from the others. */
async function rowsByLesion(phantom: Phantom, modality: PhantomOptions['modality'], stem: string, seed: number) {
  const random = seededRandom('ask', modality, seed);
  const words = phantom.lesions.map((lesion, i) => ({ ...lesion, appearance: phantom.appearances[i] }));
  const rows: Row[] = [];
  for (const [i, { mask }] of separateLesions(phantom.mask).entries()) {
    const prompts = askFor(words, i, WORDINGS[modality], random);
    if (prompts) rows.push({ mask: { name: `${stem}-${i + 1}.png`, bytes: await encodePng(mask) }, prompts });
  }
  return rows;
}

/**
 * Draws `count` phantoms into a folder; the same options give the same files.
 *
 * @throws {ArgumentError} for a share outside 0 to 1
 */
export async function writePhantoms(
  folder: string,
  { count, seed, size, hard, ask = 'all', absent = 0, shares, signal, onProgress, ...options }: PhantomDatasetOptions,
): Promise<SplitCounts> {
  const { modality, mixed = ask === 'one' } = options;
  if (!(absent >= 0 && absent <= 1))
    throw new ArgumentError('absent', 'a share from 0 to 1', `${absent}`, 'Correct it.');
  const digits = String(count - 1).length;
  const stems = Array.from({ length: count }, (_, i) => `${modality}-${String(i).padStart(digits, '0')}`);
  const splits = assignSplits(
    stems.map((stem) => `${stem}.png`),
    { seed, shares },
  );
  const without = seededRandom('absent', modality, seed);
  async function* samples(): AsyncGenerator<LayoutSample> {
    for (const [index, stem] of stems.entries()) {
      const own = phantomSeed(seed, index);
      const empty = without() < absent;
      const lesions = ask === 'one' ? pickWeighted(seededRandom('count', modality, own), COUNTS_TO_ASK) : undefined;
      const phantom = drawPhantom({ modality, seed: own, size, hard, mixed, count: empty ? 0 : lesions });
      const name = `${stem}.png`;
      const split = splits.get(name) as Split;
      const image = { name, bytes: await encodePng(phantom.image) };
      const whole = { name, bytes: await encodePng(phantom.mask) };
      const inVain = () =>
        askInVain(appearancesOf(modality, own, hard), WORDINGS[modality], seededRandom('in vain', modality, own));
      const rows: readonly Row[] =
        ask === 'one' && phantom.lesions.length > 0
          ? await rowsByLesion(phantom, modality, stem, own)
          : [{ mask: whole, prompts: empty ? inVain() : phantom.prompts }];
      for (const row of rows) yield { split, image, ...row };
      onProgress?.(index + 1);
    }
  }
  return writeLayout(folder, samples(), { seed, signal });
}
