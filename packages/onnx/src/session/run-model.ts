// A model in ONNX Runtime, on the current thread. onnxruntime-node and onnxruntime-web share this interface.
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { SessionError } from '../errors.ts';
import type { CompileOptions, TensorData, TensorDescription } from './session.ts';

/** The part of an ONNX Runtime package that is used. */
export interface Runtime {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
}

/** The bytes of a model and of the external files that it names; or its path, with external files next to it. */
export type ModelFiles =
  | { readonly path: string }
  | { readonly model: Uint8Array; readonly external?: readonly { readonly path: string; readonly data: Uint8Array }[] };

export interface OpenModel {
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  run(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;
  release(): Promise<void>;
}

const describe = (values: readonly InferenceSession.ValueMetadata[]): TensorDescription[] =>
  values.map((value) => {
    if (!value.isTensor) throw new SessionError(`model: expected tensors, got another value in '${value.name}'.`);
    const { name, type, shape } = value;
    return { name, type: type as TensorDescription['type'], shape };
  });

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Opens a model. @throws {SessionError} if it is damaged, or a file that it names is missing */
export async function openModel(
  { InferenceSession, Tensor }: Runtime,
  files: ModelFiles,
  { threads, optimization }: Required<CompileOptions>,
): Promise<OpenModel> {
  const options: InferenceSession.SessionOptions = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: optimization,
    // Threads that wait do not burn time that others need.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
    ...('model' in files && files.external && { externalData: [...files.external] }),
  };
  const session = await ('path' in files
    ? InferenceSession.create(files.path, options)
    : InferenceSession.create(files.model, options)
  ).catch((cause) => {
    throw new SessionError(
      `model: expected a complete ONNX model, got '${reasonOf(cause)}'. Export it again, with its external files next to it.`,
      { cause },
    );
  });
  return {
    inputs: describe(session.inputMetadata),
    outputs: describe(session.outputMetadata),
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { type, data, shape }]) => [name, new Tensor(type, data as never, shape)]),
      );
      const results = await session.run(feeds).catch((cause) => {
        throw new SessionError(`run: expected it to succeed, got '${reasonOf(cause)}'. Use smaller batches.`, {
          cause,
        });
      });
      return Object.fromEntries(
        Object.entries(results).map(([name, { type, data, dims }]) => [
          name,
          { type: type as TensorData['type'], data: data as TensorData['data'], shape: [...dims] },
        ]),
      );
    },
    release: () => session.release(),
  };
}
