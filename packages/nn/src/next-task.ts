// Lets the event loop run between steps of a long computation.

/**
 * Resolves in a later task. Backends that compute on the spot (cpu, wasm, native) resolve their reads as microtasks: a loop over them would keep
 * signals, messages and timers waiting until its end.
 */
export const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve);
  });
