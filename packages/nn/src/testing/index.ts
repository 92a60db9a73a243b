// Checks of gradients and of cost, and noise of other programs; needs no test framework.
export { type GradientErrorOptions, gradientError } from './gradient-error.ts';
export { countMultiplyAdds } from './multiply-adds.ts';
export { replayedNoise } from './replayed-noise.ts';
