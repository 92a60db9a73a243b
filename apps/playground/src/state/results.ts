// The results of the prompts, updated with each sample.
import { signal } from '@preact/signals';
import type { Estimate } from 'medclipseg';
import type { Sampling, Side } from '../worker/protocol.ts';

export interface Result {
  readonly prompt: string;
  readonly estimate: Estimate;
  readonly sampling: Sampling;
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

/** The median, because the first sample includes the warm-up. */
export function typicalTime({ milliseconds }: Pick<Result, 'milliseconds'>): number {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
