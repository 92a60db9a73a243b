// Runs graphs with ONNX Runtime in Node (the optional peer onnxruntime-node), in a thread of its own.
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { EncodedModel } from './encode.ts';
import { OnnxError, SessionError } from './errors.ts';
import type { ModelFiles } from './session/run-model.ts';
import {
  type CompileOptions,
  checkInputs,
  checkInto,
  checkOptions,
  intoError,
  type ModelSource,
  type RunOptions,
  type Session,
  type TensorArray,
  type TensorData,
  type TensorDescription,
} from './session/session.ts';
import type { ErrorFields, WorkerAnswer, WorkerRequest, WorkerStart } from './session/worker.ts';
import { WorkerState } from './session/worker-state.ts';

export type { CompileOptions, ModelSource, RunOptions, Session, TensorArray, TensorData, TensorDescription };

export interface NodeCompileOptions extends CompileOptions {
  /** Folder of the external files of a model that is given by its bytes. The runtime maps them: they must stay until the session ends. */
  readonly folder?: string;
}

const RUNTIME = 'onnxruntime-node';

/** The address of onnxruntime-node; a worker that is started from text cannot resolve names. */
function runtimeAddress(): string {
  try {
    return import.meta.resolve(RUNTIME);
  } catch (cause) {
    throw new OnnxError(
      'onnx/runtime-missing',
      `${RUNTIME}: expected the package, got none. Install it: npm install ${RUNTIME}. Where its installation cannot reach its download host, ` +
        'set ONNXRUNTIME_NODE_INSTALL=skip first: the CPU binaries are inside the package.',
      { cause },
    );
  }
}

/**
 * Loads onnxruntime-node, to find out whether sessions can be made.
 *
 * @throws {OnnxError} `onnx/runtime-missing` where it is not installed, `onnx/runtime-broken` where it does not load
 */
export async function checkRuntime(): Promise<void> {
  const address = runtimeAddress();
  await import(/* @vite-ignore */ address).catch((cause) => {
    throw new OnnxError(
      'onnx/runtime-broken',
      `${RUNTIME}: expected it to load, got '${cause instanceof Error ? cause.message : cause}'. Install it again: npm install ${RUNTIME}.`,
      { cause },
    );
  });
}

function startWorker(workerData: WorkerStart): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url), { workerData });
  // From source, as tests run, a thread has to register a loader for TypeScript first.
  const { href } = new URL('./session/worker.ts', import.meta.url);
  const code = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(href)}); })`;
  return new Worker(code, { eval: true, workerData });
}

const errorFrom = ({ tag, message }: ErrorFields): OnnxError =>
  tag === undefined || tag === 'onnx/session' ? new SessionError(message) : new OnnxError(tag, message);

interface Job {
  readonly resolve: (outputs: Record<string, TensorData>) => void;
  readonly reject: (reason: unknown) => void;
}

/** The threads that run. */
const running = new Set<WorkerState>();

/** When the process ends, it waits for the computations that run. */
function finishAll(): void {
  for (const state of running) state.close();
  for (const state of running) state.wait();
}

function addRunning(state: WorkerState): void {
  if (running.size === 0) process.on('exit', finishAll);
  running.add(state);
}

function removeRunning(state: WorkerState): void {
  running.delete(state);
  if (running.size === 0) process.off('exit', finishAll);
}

/** A model in a worker thread. */
class WorkerSession implements Session {
  inputs: readonly TensorDescription[] = [];
  outputs: readonly TensorDescription[] = [];
  readonly #worker: Worker;
  readonly #jobs = new Map<number, Job>();
  readonly #opened: Promise<void>;
  readonly #state = new WorkerState();
  readonly #exited: Promise<void>;
  #next = 0;
  #ended: OnnxError | undefined;

  constructor(start: Omit<WorkerStart, 'state'>) {
    this.#worker = startWorker({ ...start, state: this.#state.flags.buffer as SharedArrayBuffer });
    addRunning(this.#state);
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        removeRunning(this.#state);
        resolve();
      });
    });
    this.#opened = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: WorkerAnswer) => {
        if (message.kind === 'open') {
          this.inputs = message.inputs;
          this.outputs = message.outputs;
          resolve();
        } else if (message.kind === 'failed' && message.id === undefined) reject(errorFrom(message.error));
        else this.#settle(message);
      });
      const fail = (error: OnnxError) => {
        this.#end(error);
        reject(error);
      };
      this.#worker.on('error', (cause) =>
        fail(new SessionError(`session: ${cause.message}. Compile again.`, { cause })),
      );
      this.#worker.on('exit', (code) =>
        fail(new SessionError(`session: its thread ended with ${code}. Compile again.`)),
      );
    });
  }

  async opened(): Promise<this> {
    try {
      await this.#opened;
    } catch (error) {
      await this.dispose();
      throw error;
    }
    this.#worker.unref();
    return this;
  }

  #settle(message: Exclude<WorkerAnswer, { kind: 'open' }>): void {
    const job = this.#jobs.get(message.id as number);
    this.#jobs.delete(message.id as number);
    // An idle session does not keep the process alive; a run does, and so does one that is being disposed.
    if (this.#jobs.size === 0 && !this.#ended) this.#worker.unref();
    if (message.kind === 'done') job?.resolve(message.outputs);
    else job?.reject(errorFrom(message.error));
  }

  #end(error: OnnxError): void {
    this.#ended ??= error;
    for (const { reject } of this.#jobs.values()) reject(this.#ended);
    this.#jobs.clear();
  }

  async run(inputs: Readonly<Record<string, TensorData>>, { signal, into = {} }: RunOptions = {}) {
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    checkInputs(this.inputs, inputs);
    checkInto(this.outputs, into);
    for (const [name, { buffer }] of Object.entries(into))
      if (!(buffer instanceof SharedArrayBuffer)) throw intoError(name, 'an array on a SharedArrayBuffer', 'another');
    const id = this.#next++;
    this.#worker.ref();
    const result = new Promise<Record<string, TensorData>>((resolve, reject) => {
      this.#jobs.set(id, { resolve, reject });
    });
    // The runtime finishes the run; its result is dropped.
    const abort = () => this.#jobs.get(id)?.reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.#worker.postMessage({ kind: 'run', id, inputs, into } satisfies WorkerRequest);
    try {
      return await result;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async dispose(): Promise<void> {
    this.#end(new SessionError('session: expected it to be open, got a disposed one. Compile again.'));
    this.#state.close();
    this.#worker.ref();
    this.#worker.postMessage({ kind: 'close' } satisfies WorkerRequest);
    await this.#exited;
  }
}

const isEncoded = (source: ModelSource): source is EncodedModel =>
  typeof source === 'object' && 'model' in source && typeof source.data === 'function';

/**
 * Prepares a model to run on the CPU in a worker thread: the event loop stays free, and an idle session does not keep the process alive.
 *
 * @param source the path of a model file, its bytes, or an encoded model with inline weights
 * @throws {OnnxError} `onnx/runtime-missing` where onnxruntime-node is not installed
 * @throws {SessionError} if the model is damaged or incomplete
 * @example
 * const session = await compile(await encodeOnnx(graph));
 * const { y } = await session.run({ x: { type: 'float32', shape: [1, 2], data: Float32Array.of(3, 4) } });
 * y.data; // Float32Array [ 11 ]
 */
export async function compile(source: ModelSource, { folder, ...options }: NodeCompileOptions = {}): Promise<Session> {
  const checked = checkOptions(options);
  const runtime = runtimeAddress();
  const files: ModelFiles =
    typeof source === 'string'
      ? { path: resolve(source) }
      : { model: isEncoded(source) ? source.model : source, folder: folder && resolve(folder) };
  return new WorkerSession({ runtime, files, options: checked }).opened();
}
