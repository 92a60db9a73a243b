// Results of the prompts, as they come.
import { signal } from '@preact/signals';
import type { Estimate } from 'medclipseg';
import type { Sampling, Side } from '../worker/protocol.ts';

export interface Result {
  readonly prompt: string;
  readonly estimate: Estimate;
  readonly sampling: Sampling;
  /** Of each sample. */
  readonly milliseconds: readonly number[];
}

export const results = signal<Readonly<Partial<Record<Side, Result>>>>({});

/** The prompt under way. */
export const running = signal<Side | undefined>(undefined);

export const setResult = (side: Side, result: Result | undefined): void => {
  results.value = { ...results.value, [side]: result };
};

export const forgetResults = (): void => {
  results.value = {};
};

/** Median, for the first sample also pays for warming up. */
export function typicalTime({ milliseconds }: Pick<Result, 'milliseconds'>): number {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
