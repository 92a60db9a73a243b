// The results of the prompts, updated with each sample, and what made them.
import type { GrayWindow } from '@medclipseg/datasets/browser';
import { signal } from '@preact/signals';
import type { Estimate } from 'medclipseg';
import type { Device, Sampling, Side } from '../worker/protocol.ts';
import { inUse, type ModelName, nameOf, type Teaching } from './model.ts';
import { activeSides, prompts } from './prompts.ts';
import { samples, seed } from './settings.ts';

export interface Result {
  readonly prompt: string;
  readonly estimate: Estimate;
  readonly sampling: Sampling;
  readonly model: ModelName & { readonly teaching?: Teaching };
  readonly backend: Device['backend'];
  /** The slice, if the image is one of several. */
  readonly slice?: number;
  /** The window that the image was shown through. */
  readonly window?: GrayWindow;
  /** Time of each sample. */
  readonly milliseconds: readonly number[];
}

export const results = signal<Readonly<Partial<Record<Side, Result>>>>({});

/** The prompt being segmented. */
export const running = signal<Side | undefined>(undefined);

export const setResult = (side: Side, result: Result): void => {
  results.value = { ...results.value, [side]: result };
};

export const clearResults = (): void => {
  results.value = {};
};

/** The results on view; that of the second prompt is hidden while only one prompt is in use. */
export const shownResults = (): readonly (readonly [Side, Result])[] =>
  activeSides().flatMap((side) => {
    const result = results.value[side];
    return result ? [[side, result] as const] : [];
  });

/** What the inputs have changed in since a result was made. */
export type Change = 'prompt' | 'samples' | 'seed' | 'model' | 'window';

/**
 * The inputs that no longer are those of the result. Never the device: results do not depend on it.
 *
 * @param window of the image now
 */
export function changesSince(
  result: Omit<Result, 'estimate'>,
  side: Side,
  window: GrayWindow | undefined,
): readonly Change[] {
  const { prompt, sampling, model } = result;
  const changed: Record<Change, boolean> = {
    prompt: prompt !== prompts.value[side].trim(),
    samples: sampling.samples !== samples.value,
    seed: sampling.seed !== seed.value,
    model: inUse.value !== undefined && nameOf(model) !== nameOf(inUse.value),
    window: result.window?.low !== window?.low || result.window?.high !== window?.high,
  };
  return (Object.keys(changed) as Change[]).filter((name) => changed[name]);
}

/** The median, because the first sample includes the warm-up. */
export function typicalTime({ milliseconds }: Pick<Result, 'milliseconds'>): number {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
