// Scores of predicted masks against true ones, as published: at the truth's own size, both thresholded above 127.
import { type RasterImage, resizeNearest } from '@medclipseg/datasets';
import { dice, publishedSurfaceDice } from 'medclipseg';

export interface Score {
  readonly name: string;
  /** Dice similarity coefficient. */
  readonly dsc: number;
  /** Surface Dice at two pixels, in the published form. */
  readonly nsd: number;
}

/** Foreground of the evaluation is strictly above this grey value. */
const THRESHOLD = 127;

export function score(name: string, truth: RasterImage, prediction: RasterImage): Score {
  const { width, height } = truth;
  const binary = (grey: RasterImage) => grey.data.map((v) => (v > THRESHOLD ? 1 : 0));
  const [a, b] = [binary(truth), binary(resizeNearest(prediction, width, height))];
  const empty = [a, b].map((mask) => !mask.includes(1));
  // Where the truth is empty, an empty prediction is right and any other is wrong.
  if (empty[0]) return { name, dsc: empty[1] ? 1 : 0, nsd: empty[1] ? 1 : 0 };
  return {
    name,
    dsc: dice(a, b),
    nsd: publishedSurfaceDice({ width, height, data: a }, { width, height, data: b }),
  };
}

export interface Summary {
  readonly images: number;
  readonly dsc: number;
  readonly nsd: number;
  readonly dscStandardError: number;
}

export function summarise(scores: readonly Score[]): Summary {
  const mean = (key: 'dsc' | 'nsd') => scores.reduce((sum, s) => sum + s[key], 0) / scores.length;
  const dsc = mean('dsc');
  const variance = scores.reduce((sum, s) => sum + (s.dsc - dsc) ** 2, 0) / Math.max(1, scores.length - 1);
  return { images: scores.length, dsc, nsd: mean('nsd'), dscStandardError: Math.sqrt(variance / scores.length) };
}

/** The published table: `Name,DSC,NSD`, four decimals. */
export const toCsv = (scores: readonly Score[]): string =>
  ['Name,DSC,NSD', ...scores.map(({ name, dsc, nsd }) => `${name},${dsc.toFixed(4)},${nsd.toFixed(4)}`)]
    .join('\n')
    .concat('\n');

export const summaryLine = ({ images, dsc, nsd, dscStandardError }: Summary): string =>
  `${images} images  DSC ${(100 * dsc).toFixed(2)} ± ${(100 * dscStandardError).toFixed(2)}  NSD (published form) ${(100 * nsd).toFixed(2)}`;
