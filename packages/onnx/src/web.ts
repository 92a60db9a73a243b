// Runs graphs with ONNX Runtime in a browser (the optional peer onnxruntime-web), on the calling thread.
import { OnnxError } from './errors.ts';
import { openModel, type Runtime } from './session/run-model.ts';
import {
  type CompileOptions,
  checkInputs,
  checkOptions,
  type ModelSource,
  type RunOptions,
  type Session,
  type TensorData,
  type TensorDescription,
} from './session/session.ts';

export type { CompileOptions, ModelSource, RunOptions, Session, TensorData, TensorDescription };

export interface WebCompileOptions extends CompileOptions {
  /** Files that the model names as external, by those names. */
  readonly external?: Readonly<Record<string, Uint8Array>>;
}

/**
 * Prepares a model to run. Call it in a worker: a run blocks its thread unless threads are available.
 *
 * @param runtime the module `onnxruntime-web` (or its wasm-only entry), whose `env.wasm.wasmPaths` the application has set
 * @throws {SessionError} if the model is damaged or incomplete
 */
export async function compile(
  source: Exclude<ModelSource, string>,
  runtime: Runtime,
  { external, ...options }: WebCompileOptions = {},
): Promise<Session> {
  const model = await openModel(
    runtime,
    {
      model: source instanceof Uint8Array ? source : source.model,
      external: external && Object.entries(external).map(([path, data]) => ({ path, data })),
    },
    checkOptions(options),
  );
  let last: Promise<unknown> = Promise.resolve();
  let disposed = false;
  return {
    inputs: model.inputs,
    outputs: model.outputs,
    async run(inputs, { signal } = {}) {
      signal?.throwIfAborted();
      if (disposed)
        throw new OnnxError('onnx/session', 'session: expected it to be open, got a disposed one. Compile again.');
      checkInputs(model.inputs, inputs);
      const result = last.then(() => {
        signal?.throwIfAborted();
        return model.run(inputs);
      });
      last = result.catch(() => {});
      return result;
    },
    async dispose() {
      disposed = true;
      await last;
      await model.release();
    },
  };
}
