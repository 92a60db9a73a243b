// A thread that runs one model, so that the caller's event loop stays free.
import { parentPort, workerData } from 'node:worker_threads';
import type { OnnxError } from '../errors.ts';
import { type ModelFiles, type OpenModel, openModel, type Runtime } from './run-model.ts';
import type { CompileOptions, OutputArrays, TensorData, TensorDescription } from './session.ts';
import { WorkerState } from './worker-state.ts';

export interface WorkerStart {
  /** The address of onnxruntime-node, resolved by the caller. */
  readonly runtime: string;
  readonly files: ModelFiles;
  readonly options: Required<CompileOptions>;
  readonly state: SharedArrayBuffer;
}

export type WorkerRequest =
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly inputs: Readonly<Record<string, TensorData>>;
      readonly into?: OutputArrays;
    }
  | { readonly kind: 'close' };

/** An error crosses threads as its fields. */
export interface ErrorFields {
  readonly tag?: OnnxError['tag'];
  readonly message: string;
}

export type WorkerAnswer =
  | {
      readonly kind: 'open';
      readonly inputs: readonly TensorDescription[];
      readonly outputs: readonly TensorDescription[];
    }
  | { readonly kind: 'done'; readonly id: number; readonly outputs: Record<string, TensorData> }
  | { readonly kind: 'failed'; readonly id?: number; readonly error: ErrorFields };

const fieldsOf = (error: unknown): ErrorFields => ({
  tag: (error as Partial<OnnxError> | null)?.tag,
  message: error instanceof Error ? error.message : String(error),
});

const answer = (message: WorkerAnswer, transfer: ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, transfer);

async function start({ runtime, files, options, state: shared }: WorkerStart): Promise<void> {
  const state = new WorkerState(shared);
  let model: OpenModel | undefined;
  await state.compute(async () => {
    try {
      const loaded = (await import(runtime)) as Runtime & { default?: Runtime };
      model = await openModel(loaded.default ?? loaded, files, options);
      answer({ kind: 'open', inputs: model.inputs, outputs: model.outputs });
    } catch (error) {
      answer({ kind: 'failed', error: fieldsOf(error) });
    }
  });
  const run = async (open: OpenModel, { id, inputs, into }: Extract<WorkerRequest, { kind: 'run' }>) => {
    try {
      const outputs = await open.run(inputs, into);
      const buffers = new Set(Object.values(outputs).map(({ data }) => data.buffer));
      answer(
        { kind: 'done', id, outputs },
        [...buffers].filter((buffer) => buffer instanceof ArrayBuffer),
      );
    } catch (error) {
      answer({ kind: 'failed', id, error: fieldsOf(error) });
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  parentPort?.on('message', (request: WorkerRequest) => {
    last = last.then(async () => {
      if (request.kind === 'run') return state.compute(async () => model && run(model, request));
      await model?.release();
      // Ends this thread alone.
      process.exit();
    });
  });
}

if (parentPort) void start(workerData as WorkerStart);
