// Threads that prepare samples and decode images. Each has few tasks at a time, so that what waits can still be withdrawn.
import { Worker } from 'node:worker_threads';
import { DatasetError, ImageError } from '../errors.ts';
import { type MaskSurvey, type PackedSurvey, unpackSurvey } from '../masks/survey.ts';
import type { Results, Tasks, WorkerAnswer, WorkerRequest } from './worker.ts';

/** Two, so that a thread decodes one while it resizes the other. */
const TASKS_PER_WORKER = 2;

/** Mask files in one task. */
const SURVEYED_AT_ONCE = 16;

interface Job {
  readonly kind: keyof Tasks;
  readonly task: Tasks[keyof Tasks];
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** What a thread was expected to do, and what to do when it has ended. */
const LOST: Readonly<Record<keyof Tasks, string>> = {
  prepare: 'loading thread: expected to prepare a sample, got an end. Load with workers: 0 to see why.',
  survey: 'loading thread: expected to read masks, got an end. Read them with workers: 0 to see why.',
  decode: 'decoding thread: expected to decode an image, got an end. Use a smaller image, or decodeImage to see why.',
};

interface Thread {
  readonly worker: Worker;
  readonly jobs: Map<number, Job>;
}

/** Our own error again, from the fields that crossed the threads. */
function revive(error: unknown): unknown {
  const fields = error as Partial<ImageError>;
  if (fields?.tag === undefined) return new Error(String(fields?.message ?? error));
  const prototype = fields.tag === 'datasets/image' ? ImageError.prototype : DatasetError.prototype;
  const revived = Object.create(prototype, Object.getOwnPropertyDescriptors(new Error(fields.message)));
  return Object.assign(revived, fields);
}

function startWorker(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url));
  // From source, as tests run, a thread must first learn to read TypeScript.
  const { href } = new URL('./worker.ts', import.meta.url);
  return new Worker(
    `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(href)}); })`,
    {
      eval: true,
    },
  );
}

/** Threads that read images and masks, started when first needed. Owns them: dispose it. */
export class WorkerPool {
  readonly #count: number;
  readonly #threads: Thread[] = [];
  readonly #waiting: Job[] = [];
  #next = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** Runs a task on a thread. An aborted `signal` withdraws it while it waits. */
  run<K extends keyof Tasks>(kind: K, task: Tasks[K], signal?: AbortSignal): Promise<Results[K]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ kind, task, signal, resolve, reject });
      this.#dispatch();
    });
  }

  /** As `surveyMasks`, on the threads. */
  async surveyMasks(
    paths: readonly string[],
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<MaskSurvey[]> {
    const groups: Promise<readonly PackedSurvey[]>[] = [];
    for (let i = 0; i < paths.length; i += SURVEYED_AT_ONCE)
      groups.push(this.run('survey', paths.slice(i, i + SURVEYED_AT_ONCE), signal));
    return (await Promise.all(groups)).flat().map(unpackSurvey);
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const [job] = this.#waiting as [Job];
      if (job.signal?.aborted) {
        this.#waiting.shift();
        job.reject(job.signal.reason);
        continue;
      }
      const thread = this.#idlest();
      if (!thread) return;
      this.#waiting.shift();
      const id = this.#next++;
      thread.jobs.set(id, job);
      // Waiting work keeps the process alive, an idle pool does not.
      thread.worker.ref();
      thread.worker.postMessage({ id, kind: job.kind, task: job.task } as WorkerRequest);
    }
  }

  #idlest(): Thread | undefined {
    const [least] = [...this.#threads].sort((a, b) => a.jobs.size - b.jobs.size);
    if (least?.jobs.size === 0 || (least && this.#threads.length === this.#count))
      return least.jobs.size < TASKS_PER_WORKER ? least : undefined;
    return this.#start();
  }

  #start(): Thread {
    const thread: Thread = { worker: startWorker(), jobs: new Map() };
    thread.worker.on('message', ({ id, result, error }: WorkerAnswer) => {
      const job = thread.jobs.get(id);
      thread.jobs.delete(id);
      if (thread.jobs.size === 0) thread.worker.unref();
      if (result) job?.resolve(result as never);
      else job?.reject(revive(error));
      this.#dispatch();
    });
    // A thread that dies takes its tasks with it; the next task starts another.
    thread.worker.on('error', (cause) => this.#lose(thread, cause));
    thread.worker.on('exit', () => this.#lose(thread, undefined));
    this.#threads.push(thread);
    return thread;
  }

  #lose(thread: Thread, cause: unknown): void {
    const at = this.#threads.indexOf(thread);
    if (at >= 0) this.#threads.splice(at, 1);
    for (const job of thread.jobs.values()) job.reject(new DatasetError('datasets/worker', LOST[job.kind], { cause }));
    thread.jobs.clear();
  }

  /** Ends the threads; what still waits is rejected. */
  async dispose(): Promise<void> {
    const reason = new DatasetError(
      'datasets/worker',
      'loading threads: expected to live, got disposed. Make new ones.',
    );
    for (const job of this.#waiting.splice(0)) job.reject(reason);
    await Promise.all(
      this.#threads.splice(0).map(({ worker }) => {
        // An idle thread does not keep the process alive, but its end is waited for; a late answer must not change that.
        worker.removeAllListeners('message');
        worker.ref();
        return worker.terminate();
      }),
    );
  }
}
