// What the thread of a session and the main thread both know: whether the runtime computes.

/**
 * Shared by both threads. A thread that ends while the runtime computes takes the process down with it, so it is ended only between two
 * computations.
 */
export class WorkerState {
  /** Whether the runtime computes, and whether it may start to. */
  readonly flags: Int32Array;

  constructor(shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.flags = new Int32Array(shared);
  }

  /** In the worker: computes, unless the session is closing. */
  async compute(computation: () => Promise<unknown>): Promise<void> {
    Atomics.store(this.flags, 0, 1);
    try {
      if (Atomics.load(this.flags, 1) === 0) await computation();
    } finally {
      Atomics.store(this.flags, 0, 0);
      Atomics.notify(this.flags, 0);
    }
  }

  /** Nothing is computed after the computation that runs. */
  close(): void {
    Atomics.store(this.flags, 1, 1);
  }

  /** Blocks until nothing is computed. */
  wait(): void {
    Atomics.wait(this.flags, 0, 1);
  }
}
