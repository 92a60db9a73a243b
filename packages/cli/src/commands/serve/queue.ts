// A bounded queue in front of the model, which computes one image at a time.

/** A place in the queue, taken before anything of a request is read. */
export interface Place {
  /** Waits for its turn, then runs the job; the place stays taken. Rejects with the signal's reason, waiting or running. */
  readonly run: <T>(job: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** Gives the place back; idempotent. */
  readonly leave: () => void;
}

/** Seconds assumed for an image before the first is done. */
const FIRST_GUESS = 2;
/** Weight of the newest image in the mean duration. */
const NEWEST = 0.3;

export class WorkQueue {
  #taken = 0;
  #tail: Promise<void> = Promise.resolve();
  #seconds = FIRST_GUESS;

  /** @param places requests that are received, waiting, running or answered at the same time */
  constructor(readonly places: number) {}

  /** Requests in the queue, the running one included. */
  get taken(): number {
    return this.#taken;
  }

  /** Whole seconds after which a place is probably free: the mean duration of an image, but at least one. */
  get retryAfter(): number {
    return Math.min(600, Math.max(1, Math.ceil(this.#seconds)));
  }

  /** Takes a place; `undefined` if none is free. */
  enter(): Place | undefined {
    if (this.#taken >= this.places) return undefined;
    this.#taken++;
    let left = false;
    return {
      run: (job, signal) => this.#run(job, signal),
      leave: () => {
        if (!left) this.#taken--;
        left = true;
      },
    };
  }

  async #run<T>(job: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#tail;
    let done = () => {};
    this.#tail = new Promise((resolve) => {
      done = resolve;
    });
    try {
      await abortable(before, signal);
    } catch (error) {
      // The next one still has to wait for the job before this one.
      void before.then(done);
      throw error;
    }
    const started = performance.now();
    try {
      const result = await job();
      this.#seconds += NEWEST * ((performance.now() - started) / 1000 - this.#seconds);
      return result;
    } finally {
      done();
    }
  }
}

/** A promise that also rejects when the signal is aborted. */
function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}
