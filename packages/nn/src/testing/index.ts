// Checks of gradients and of cost that need no test framework.
export { type GradientErrorOptions, gradientError } from './gradient-error.ts';
export { countMultiplyAdds } from './multiply-adds.ts';
