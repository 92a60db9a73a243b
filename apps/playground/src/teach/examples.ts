// What makes a training example complete: an image, its mask and its prompt.
import { claimsNoLesion, type RasterImage } from '@medclipseg/datasets';
import { isBlank } from '../painting/mask-editor.ts';

export interface Example {
  readonly name: string;
  /** At the model's input size: RGB, square. */
  readonly image: RasterImage;
  /** Values 0 and 255, in the image's own aspect ratio. */
  readonly mask: RasterImage;
  readonly prompt: string;
}

/** For more, the command line is the right tool. */
export const MAXIMUM_EXAMPLES = 24;

/** Longer side of painted masks in pixels; models see about 224. */
export const MAXIMUM_SIDE = 768;

/**
 * `no-prompt`: the prompt is empty. `empty-mask`: the prompt describes a lesion, but the mask is empty.
 * `unexpected-mask`: the prompt says that there is nothing, but the mask is not empty.
 */
export type ExampleProblem = 'no-prompt' | 'empty-mask' | 'unexpected-mask';

export function problemOf({ mask, prompt }: Pick<Example, 'mask' | 'prompt'>): ExampleProblem | undefined {
  if (prompt.trim() === '') return 'no-prompt';
  const nothing = claimsNoLesion(prompt);
  if (isBlank(mask)) return nothing ? undefined : 'empty-mask';
  return nothing ? 'unexpected-mask' : undefined;
}

/** An unexpected mask may be intended ("a polyp on normal mucosa"), so it is only a warning. */
export const preventsTraining = (problem: ExampleProblem | undefined): boolean =>
  problem !== undefined && problem !== 'unexpected-mask';

/** The size at which a mask is painted, with the image's aspect ratio. */
export function paintedSize({ width, height }: { readonly width: number; readonly height: number }) {
  const scale = Math.min(1, MAXIMUM_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
