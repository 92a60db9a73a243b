// Gradient checks that need no test framework.
export { type GradientErrorOptions, gradientError } from './gradient-error.ts';
