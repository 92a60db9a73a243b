// Internals that the other packages of this repository share. Not stable: they change without notice.
export { ArrayAdam, clipArraysByGlobalNorm } from './array-optimizer.ts';
export { isConstant } from './differentiable.ts';
export { applyDropout } from './dropout.ts';
export { type NoiseSite, noiseValues } from './noise.ts';
export { fillNormalByTables } from './normal.ts';
export { permutation } from './random.ts';

/**
 * Resolves in a later task. Backends that compute synchronously (cpu, wasm, native) resolve their reads as microtasks: without this, a loop
 * over them would delay signals, messages and timers until its end.
 */
export const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve);
  });
