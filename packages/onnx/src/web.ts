// Runs graphs with ONNX Runtime in a browser (the optional peer onnxruntime-web), on the calling thread.
import { OnnxError, SessionError } from './errors.ts';
import { openModel, type Runtime } from './session/run-model.ts';
import {
  type CompileOptions,
  checkInputs,
  checkInto,
  checkOptions,
  type ModelSource,
  type RunOptions,
  type Session,
  type TensorArray,
  type TensorData,
  type TensorDescription,
} from './session/session.ts';

export type { CompileOptions, ModelSource, RunOptions, Runtime, Session, TensorArray, TensorData, TensorDescription };

export interface WebCompileOptions extends CompileOptions {
  /** Files that the model names as external, by those names. */
  readonly external?: Readonly<Record<string, Uint8Array>>;
}

function checkArguments(source: unknown, runtime: Partial<Runtime> | null | undefined): void {
  if (typeof source === 'string')
    throw new OnnxError('onnx/arguments', `model: expected bytes, got '${source}'. Fetch the file first.`);
  if (!runtime?.InferenceSession || !runtime.Tensor)
    throw new OnnxError(
      'onnx/runtime-missing',
      "runtime: expected the module onnxruntime-web, got another value. Pass it: import * as runtime from 'onnxruntime-web/wasm'.",
    );
}

/**
 * Prepares a model to run. Call it in a worker: a run blocks its thread unless threads are available.
 *
 * @param runtime the module `onnxruntime-web` (or its wasm-only entry), whose `env.wasm.wasmPaths` the application has set
 * @throws {OnnxError} `onnx/runtime-missing` if `runtime` is not that module
 * @throws {SessionError} if the model is damaged, or an external file is not in `external`
 */
export async function compile(
  source: Exclude<ModelSource, string>,
  runtime: Runtime,
  { external, ...options }: WebCompileOptions = {},
): Promise<Session> {
  checkArguments(source, runtime);
  const model = await openModel(
    runtime,
    {
      model: source instanceof Uint8Array ? source : source.model,
      external: external && Object.entries(external).map(([path, data]) => ({ path, data })),
    },
    checkOptions(options),
  );
  let last: Promise<unknown> = Promise.resolve();
  let released: Promise<void> | undefined;
  const checkOpen = () => {
    if (released) throw new SessionError('session: expected it to be open, got a disposed one. Compile again.');
  };
  return {
    inputs: model.inputs,
    outputs: model.outputs,
    async run(inputs, { signal, into = {} } = {}) {
      const check = () => {
        signal?.throwIfAborted();
        checkOpen();
      };
      check();
      checkInputs(model.inputs, inputs);
      checkInto(model.outputs, into);
      const result = last.then(() => {
        check();
        return model.run(inputs, into);
      });
      last = result.catch(() => {});
      const outputs = await result;
      check();
      return outputs;
    },
    dispose() {
      released ??= last.then(() => model.release());
      return released;
    },
  };
}
