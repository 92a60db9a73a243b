// Augmentation as a list of declared steps. Each draws from a stream of its own, so that one more step changes no other.

import { seededRandom } from '../random.ts';
import { flips } from './flips.ts';
import { brightness, color, contrast, gamma, speckle } from './light.ts';
import type { Augmentation, Sample } from './sample.ts';
import { affine, crop, rotation, scale } from './warp.ts';

export type { Augmentation, Sample } from './sample.ts';

/** The steps by name, as functions of their options. */
const STEPS = { rotation, flips, affine, color, scale, crop, brightness, contrast, gamma, speckle } as const;

export type AugmentationName = keyof typeof STEPS;

export const AUGMENTATION_NAMES = Object.keys(STEPS) as readonly AugmentationName[];

type OptionsOf<N extends AugmentationName> = NonNullable<Parameters<(typeof STEPS)[N]>[0]>;

/** A step as data: its name, or its name with options, such as `{ name: 'scale', least: 0.9 }`. */
export type AugmentationStep =
  | AugmentationName
  | { readonly [N in AugmentationName]: { readonly name: N } & OptionsOf<N> }[AugmentationName];

/** The augmentation that a step declares. */
export function augmentationOf(step: AugmentationStep): Augmentation {
  const { name, ...options } = typeof step === 'string' ? { name: step } : step;
  return (STEPS[name] as (options: object) => Augmentation)(options);
}

/**
 * A sample with all steps applied in order.
 *
 * @param key such as ('augment', seed, epoch, index): the same key gives the same sample
 */
export function augmentSample(
  sample: Sample,
  steps: readonly AugmentationStep[],
  key: readonly (number | string)[],
): Sample {
  const uses = new Map<AugmentationName, number>();
  return steps.reduce((current, step) => {
    const name = typeof step === 'string' ? step : step.name;
    const use = uses.get(name) ?? 0;
    uses.set(name, use + 1);
    // The color step keeps the name that its stream had at first, so that trainings can be repeated.
    const stream = name === 'color' ? 'colour' : name;
    return augmentationOf(step)(current, seededRandom(...key, stream, ...(use > 0 ? [use] : [])));
  }, sample);
}

/** The augmentations by the name that a configuration gives them, with the options that they have by default. */
export const augmentations = Object.fromEntries(
  AUGMENTATION_NAMES.map((name) => [name, augmentationOf(name)]),
) as Readonly<Record<AugmentationName, Augmentation>>;
