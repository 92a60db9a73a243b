// Examples to learn from: a picture, its mask, its prompt; and what is wrong with one before anything is learned from it.
import { type RasterImage, speaksOfNothing } from '@medclipseg/datasets';
import { isBlank } from './mask-editor.ts';

export interface Example {
  readonly id: number;
  readonly name: string;
  /** As the model sees it: RGB, square. */
  readonly image: RasterImage;
  /** As it is painted on: 0 and 255, in the picture's own proportions. */
  readonly mask: RasterImage;
  readonly prompt: string;
}

/** A handful; more are a job for the command line. */
export const MOST_EXAMPLES = 24;

/** Side in pixels up to which masks are painted; models see about 224. */
export const LARGEST_SIDE = 768;

/**
 * `no-prompt`: nothing says what is to be found. `empty-mask`: the prompt tells of something, and nothing is marked.
 * `unexpected-mask`: the prompt tells that there is nothing, and something is marked.
 */
export type ExampleProblem = 'no-prompt' | 'empty-mask' | 'unexpected-mask';

export function problemOf({ mask, prompt }: Pick<Example, 'mask' | 'prompt'>): ExampleProblem | undefined {
  if (prompt.trim() === '') return 'no-prompt';
  const nothing = speaksOfNothing(prompt);
  if (isBlank(mask)) return nothing ? undefined : 'empty-mask';
  return nothing ? 'unexpected-mask' : undefined;
}

/** An unexpected mask may be meant ("a polyp on normal mucosa"): it is worth a word, and no reason not to learn. */
export const prevents = (problem: ExampleProblem | undefined): boolean =>
  problem !== undefined && problem !== 'unexpected-mask';

/** A size in the same proportions that is not larger than masks are painted at. */
export function paintedSize({ width, height }: { readonly width: number; readonly height: number }) {
  const scale = Math.min(1, LARGEST_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
