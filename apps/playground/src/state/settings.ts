// The user's settings for sampling and display.
import { signal } from '@preact/signals';
import type { Uncertainty, View } from '../worker/protocol.ts';

export const samples = signal(30);
export const seed = signal(666);
export const LIMITS = { samples: [1, 100], seed: [0, 2 ** 31 - 1], threshold: [0.05, 0.95] } as const;

export const view = signal<View>('overlay');
export const uncertainty = signal<Uncertainty>('predictive');
/** Opacity of the layer in each view, 0 to 1. */
export const opacities = signal<Readonly<Record<View, number>>>({
  overlay: 0.45,
  outline: 1,
  probability: 0.85,
  uncertainty: 0.85,
  errors: 0.85,
});
/** Probability above which a pixel belongs to the mask. */
export const threshold = signal(0.5);
export const largestOnly = signal(false);
