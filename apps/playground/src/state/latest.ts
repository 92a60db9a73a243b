// Work that is requested faster than it completes.

/** For work that is requested faster than it completes: runs one call at a time; a new request replaces the waiting one. */
export function latest<Input>(work: (input: Input) => Promise<void>): (input: Input) => Promise<void> {
  let waiting: { readonly input: Input } | undefined;
  let running: Promise<void> | undefined;
  const serve = async () => {
    while (waiting) {
      const { input } = waiting;
      waiting = undefined;
      await work(input);
    }
  };
  return (input) => {
    waiting = { input };
    running ??= serve().finally(() => {
      running = undefined;
    });
    return running;
  };
}
