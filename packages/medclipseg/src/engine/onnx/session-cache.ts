// The sessions of a model, by the length of its prompts. Each holds a copy of the weights that the runtime has rearranged, so few are kept.
import { isOnnxError } from '@medclipseg/onnx';
import type { Session } from '@medclipseg/onnx/node';
import type { NoiseInput } from './graphs.ts';

/** What prompts of one length need. */
export interface Sessions {
  readonly prefix: Session;
  readonly sample: Session;
  readonly noise: readonly NoiseInput[];
}

/** Lengths for which sessions are kept while nothing uses them: that of the context, and one without padding. */
const KEPT = 2;

interface Entry {
  readonly sessions: Promise<Sessions>;
  users: number;
}

const disposeBoth = async (entry: Entry): Promise<void> => {
  // Sessions that failed to open are disposed already.
  const opened = await entry.sessions.catch(() => undefined);
  await Promise.all([opened?.prefix.dispose(), opened?.sample.dispose()]);
};

export class SessionCache {
  /** The least recently used first. */
  readonly #entries = new Map<number, Entry>();

  constructor(readonly open: (length: number) => Promise<Sessions>) {}

  /** Number of lengths that have sessions. */
  get size(): number {
    return this.#entries.size;
  }

  /** Sessions for a length, to be released. Sessions of a runtime that failed are opened again. */
  async take(length: number): Promise<Sessions> {
    const entry = this.#entries.get(length) ?? { sessions: this.open(length), users: 0 };
    this.#entries.delete(length);
    this.#entries.set(length, entry);
    entry.users++;
    try {
      return await entry.sessions;
    } catch (error) {
      if (this.#entries.get(length) === entry) this.#entries.delete(length);
      throw error;
    }
  }

  /** @param error what ended the use, if it failed */
  async release(length: number, error?: unknown): Promise<void> {
    const entry = this.#entries.get(length);
    if (!entry) return;
    entry.users--;
    if (isOnnxError(error, 'onnx/session')) {
      this.#entries.delete(length);
      await disposeBoth(entry);
      return;
    }
    for (const [other, { users }] of this.#entries) {
      if (this.#entries.size <= KEPT) return;
      const idle = users === 0 ? this.#entries.get(other) : undefined;
      if (!idle) continue;
      this.#entries.delete(other);
      await disposeBoth(idle);
    }
  }

  async dispose(): Promise<void> {
    const all = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(all.map(disposeBoth));
  }
}
