// The figures of a result, as every report has them, and the warnings that go with them.
import type { Segmentation } from 'medclipseg';
import { expectedDice, uncertaintyPerForeground } from 'medclipseg/metrics';

export interface ResultNumbers {
  readonly samples: number;
  readonly foregroundPixels: number;
  readonly foregroundShare: number;
  /** Mean over the image, in nats. */
  readonly meanUncertainty: number;
  /** Null where the mask is empty, as is `expectedDice`. */
  readonly uncertaintyPerForeground: number | null;
  readonly expectedDice: number | null;
}

type Maps = Pick<Segmentation, 'probability' | 'uncertainty' | 'samples'>;

/** Figures of a result with its mask, or with the pixels of a class as the mask. */
export function resultNumbers({ probability, uncertainty, samples }: Maps, mask: Uint8Array): ResultNumbers {
  const pixels = mask.reduce((sum, v) => sum + v, 0);
  return {
    samples,
    foregroundPixels: pixels,
    foregroundShare: pixels / mask.length,
    meanUncertainty: uncertainty.reduce((sum, u) => sum + u, 0) / uncertainty.length,
    uncertaintyPerForeground: uncertaintyPerForeground({ probability, uncertainty, mask }) ?? null,
    expectedDice: expectedDice({ probability, mask }) ?? null,
  };
}

/** Warnings of a mask that is empty or cut off by the border of the image. */
export function maskWarnings(mask: Uint8Array, { width, height }: Pick<Segmentation, 'width' | 'height'>): string[] {
  if (!mask.includes(1)) return ['The mask is empty: no pixel has a probability above one half.'];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== 1) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    if (x === 0 || y === 0 || x === width - 1 || y === height - 1)
      return ['The mask touches the border of the image: the structure may go on outside of it.'];
  }
  return [];
}
