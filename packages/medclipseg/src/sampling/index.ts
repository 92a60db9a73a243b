// Monte-Carlo sampling.
export { type MonteCarloOptions, monteCarlo, type StopRule, type View } from './monte-carlo.ts';
export type { Estimate } from './running-mean.ts';
