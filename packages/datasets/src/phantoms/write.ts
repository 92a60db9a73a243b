// A dataset of phantoms in the published folder layout.
import { type SplitCounts, writeLayout } from '../create/layout.ts';
import { assignSplits, type SplitShares } from '../create/splits.ts';
import type { Split } from '../folder.ts';
import { encodePng } from '../images/encode.ts';
import { seededRandom } from '../random.ts';
import { drawPhantom, type PhantomOptions } from './draw.ts';

export interface PhantomDatasetOptions extends PhantomOptions {
  readonly count: number;
  readonly shares?: SplitShares;
  readonly signal?: AbortSignal;
  readonly onProgress?: (written: number) => void;
}

/** The seed of a dataset's n-th phantom; datasets with different seeds share no phantoms. */
export const phantomSeed = (seed: number, index: number): number =>
  Math.floor(seededRandom('phantoms', seed, index)() * 2 ** 32);

/** Draws `count` phantoms into a folder; the same options give the same files. */
export async function writePhantoms(
  folder: string,
  { modality, count, seed, size, shares, signal, onProgress }: PhantomDatasetOptions,
): Promise<SplitCounts> {
  const digits = String(count - 1).length;
  const names = Array.from({ length: count }, (_, i) => `${modality}-${String(i).padStart(digits, '0')}.png`);
  const splits = assignSplits(names, { seed, shares });
  async function* samples() {
    for (const [index, name] of names.entries()) {
      const { image, mask, prompts } = drawPhantom({ modality, seed: phantomSeed(seed, index), size });
      yield {
        split: splits.get(name) as Split,
        image: { name, bytes: await encodePng(image) },
        mask: { name, bytes: await encodePng(mask) },
        prompts,
      };
    }
  }
  return writeLayout(folder, samples(), { seed, signal, onProgress });
}
