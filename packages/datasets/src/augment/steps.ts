// Augmentation as a list of declared steps. Each draws from a stream of its own, so that one more step changes no other.

import { seededRandom } from '../random.ts';
import { COMPOSITION_SHARES, mosaic, paste } from './compose.ts';
import { flips } from './flips.ts';
import { brightness, color, contrast, gamma, speckle } from './light.ts';
import { lesionFree, relaxedPlace, wrongLesion } from './negatives.ts';
import type { Augmentation, Partner, Sample } from './sample.ts';
import { affine, crop, rotation, scale } from './warp.ts';

export type { Augmentation, Partner, Sample } from './sample.ts';

/** The steps by name, as functions of their options. */
const STEPS = {
  ...{ rotation, flips, affine, color, scale, crop, brightness, contrast, gamma, speckle },
  ...{ mosaic, paste, lesionFree, wrongLesion, relaxedPlace },
} as const;

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

/** Each step with its name and its random stream, in order. */
function streamsOf(steps: readonly AugmentationStep[], key: readonly (number | string)[]) {
  const uses = new Map<AugmentationName, number>();
  return steps.map((step) => {
    const name = typeof step === 'string' ? step : step.name;
    const use = uses.get(name) ?? 0;
    uses.set(name, use + 1);
    // The color step keeps the name that its stream had at first, so that trainings can be repeated.
    const stream = name === 'color' ? 'colour' : name;
    return { step, name, random: () => seededRandom(...key, stream, ...(use > 0 ? [use] : [])) };
  });
}

/** The index of the step that composes a sample with another; at most one does. */
export function compositionIn(
  steps: readonly AugmentationStep[],
  key: readonly (number | string)[],
): number | undefined {
  if (!steps.some((step) => (typeof step === 'string' ? step : step.name) in COMPOSITION_SHARES)) return undefined;
  const found = streamsOf(steps, key).findIndex(({ step, name, random }) => {
    if (!(name in COMPOSITION_SHARES)) return false;
    const share = COMPOSITION_SHARES[name as keyof typeof COMPOSITION_SHARES];
    return random()() < ((typeof step === 'string' ? undefined : (step as { share?: number }).share) ?? share);
  });
  return found < 0 ? undefined : found;
}

/**
 * A sample with all steps applied in order.
 *
 * @param key such as ('augment', seed, epoch, index): the same key gives the same sample
 * @param partner what a composition step composes the sample with; without one, compositions change nothing
 */
export function augmentSample(
  sample: Sample,
  steps: readonly AugmentationStep[],
  key: readonly (number | string)[],
  partner?: Partner,
): Sample {
  const composition = partner && compositionIn(steps, key);
  return streamsOf(steps, key).reduce(
    (current, { step, random }, i) => augmentationOf(step)(current, random(), i === composition ? partner : undefined),
    sample,
  );
}

/** The augmentations by the name that a configuration gives them, with the options that they have by default. */
export const augmentations = Object.fromEntries(
  AUGMENTATION_NAMES.map((name) => [name, augmentationOf(name)]),
) as Readonly<Record<AugmentationName, Augmentation>>;
