// Something that work waits at: closed to pause it, opened to let it go on.
export class Gate {
  #opened: Promise<void> | undefined;
  #open = () => {};

  close(): void {
    this.#opened ??= new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
    this.#opened = undefined;
  }

  /** Resolves at once while the gate is open. */
  async pass(): Promise<void> {
    while (this.#opened) await this.#opened;
  }
}
