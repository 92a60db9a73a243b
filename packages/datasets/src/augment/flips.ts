// Mirroring, with the place words of the prompt.
import type { Augmentation, Sample } from './sample.ts';
import { remapped } from './warp.ts';

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

const mirroredAcross = (sample: Sample): Sample => ({
  ...remapped(sample, (x, y, width) => y * width + width - 1 - x),
  prompt: reworded(sample.prompt, ACROSS),
});

const mirroredDown = (sample: Sample): Sample => ({
  ...remapped(sample, (x, y, width, height) => (height - 1 - y) * width + x),
  prompt: reworded(sample.prompt, DOWN),
});

/** Mirrors left to right and top to bottom, each by its own draw. */
export const flips =
  ({ across = 0.5, down = 0.5 }: FlipOptions = {}): Augmentation =>
  (sample, random) => {
    const [turnAcross, turnDown] = [random() < across, random() < down];
    const turned = turnAcross ? mirroredAcross(sample) : sample;
    return turnDown ? mirroredDown(turned) : turned;
  };
