// Mirroring, with the place words of the prompt.
import type { Augmentation, Sample } from './sample.ts';
import { rearranged } from './warp.ts';

export interface FlipOptions {
  /** Probability of mirroring left to right. */
  readonly across?: number;
  /** Probability of mirroring top to bottom. */
  readonly down?: number;
}

const ACROSS: Readonly<Record<string, string>> = { left: 'right', right: 'left' };
const DOWN: Readonly<Record<string, string>> = { top: 'bottom', bottom: 'top', upper: 'lower', lower: 'upper' };

/** The prompt with its place words exchanged; a capital letter stays one. */
function reworded(prompt: string, words: Readonly<Record<string, string>>): string {
  return prompt.replace(/\b(left|right|top|bottom|upper|lower)\b/gi, (word) => {
    const other = words[word.toLowerCase()];
    if (other === undefined) return word;
    return /^[A-Z]/.test(word) ? other.charAt(0).toUpperCase() + other.slice(1) : other;
  });
}

/** Mirrored left to right, top to bottom, or both. */
function mirrored(sample: Sample, across: boolean, down: boolean): Sample {
  const { width, height } = sample.image;
  const turned = rearranged(
    sample,
    (x) => (across ? width - 1 - x : x),
    (y) => (down ? height - 1 - y : y),
  );
  const prompt = across ? reworded(sample.prompt, ACROSS) : sample.prompt;
  return { ...turned, prompt: down ? reworded(prompt, DOWN) : prompt };
}

/** Mirrors left to right and top to bottom, each by its own draw. */
export const flips =
  ({ across = 0.5, down = 0.5 }: FlipOptions = {}): Augmentation =>
  (sample, random) => {
    const [turnAcross, turnDown] = [random() < across, random() < down];
    return turnAcross || turnDown ? mirrored(sample, turnAcross, turnDown) : sample;
  };
