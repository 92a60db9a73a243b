// Splits into training, validation and test, and the smaller subsets of each.
import { DatasetError } from '../errors.ts';
import type { Split } from '../folder.ts';
import { seededRandom, shuffled } from '../random.ts';

/** Shares of the samples; they add up to 1. */
export type SplitShares = Readonly<Record<Split, number>>;

/** As the published Kvasir: 800, 100 and 100 of 1000. */
export const DEFAULT_SHARES: SplitShares = { train: 0.8, val: 0.1, test: 0.1 };

export interface SplitPlan {
  readonly seed: number;
  readonly shares?: SplitShares;
  /** Samples of one group (a patient) go into the same split; each sample is its own group by default. */
  readonly groupOf?: (name: string) => string;
}

/**
 * The split of each name, drawn by the seed: whole groups, until the share of a split is filled.
 * The order of the names does not matter.
 */
export function assignSplits(
  names: readonly string[],
  { seed, shares = DEFAULT_SHARES, groupOf = (name) => name }: SplitPlan,
): Map<string, Split> {
  const total = shares.train + shares.val + shares.test;
  if (Math.abs(total - 1) > 1e-9 || Math.min(shares.train, shares.val, shares.test) < 0)
    throw new DatasetError(
      'datasets/splits',
      `splits: expected shares of 0 or more that add up to 1, got ${shares.train}, ${shares.val} and ${shares.test}. Correct the shares.`,
    );
  const groups = new Map<string, string[]>();
  for (const name of [...names].sort()) {
    const group = groupOf(name);
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const wanted = { test: Math.round(shares.test * names.length), val: Math.round(shares.val * names.length) };
  const filled = { test: 0, val: 0 };
  const assigned = new Map<string, Split>();
  for (const group of shuffled(seededRandom('splits', seed), [...groups.keys()])) {
    const members = groups.get(group) as string[];
    // A group goes to a split that still needs at least half of its samples, otherwise to training.
    const split = (['test', 'val'] as const).find(
      (s) => wanted[s] - filled[s] >= members.length / 2 && wanted[s] > filled[s],
    );
    if (split) filled[split] += members.length;
    for (const name of members) assigned.set(name, split ?? 'train');
  }
  return assigned;
}

/** A seeded subset of the items, in their order; its size is rounded down as published, but is at least 1. Smaller subsets are part of larger ones. */
export function subset<T>(items: readonly T[], percentage: number, seed: number): T[] {
  const count = items.length === 0 ? 0 : Math.max(1, Math.floor((items.length * percentage) / 100));
  const order = shuffled(
    seededRandom('subset', seed),
    items.map((_, i) => i),
  );
  const chosen = new Set(order.slice(0, count));
  return items.filter((_, i) => chosen.has(i));
}
