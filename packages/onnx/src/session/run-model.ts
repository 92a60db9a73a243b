// A model in ONNX Runtime, on the current thread. onnxruntime-node and onnxruntime-web share this interface.
import { SessionError } from '../errors.ts';
import { type CompileOptions, isElementType, type TensorData, type TensorDescription } from './session.ts';

interface ValueMetadata {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

interface RuntimeTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

interface RuntimeSession {
  readonly inputMetadata: readonly ValueMetadata[];
  readonly outputMetadata: readonly ValueMetadata[];
  run(feeds: never): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

/** The part that is used of the modules onnxruntime-node and onnxruntime-web. */
export interface Runtime {
  readonly InferenceSession: { create(model: never, options: never): Promise<RuntimeSession> };
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => RuntimeTensor;
}

/** The path of a model, with its external files next to it; or its bytes, and the folder or the bytes of the external files. */
export type ModelFiles =
  | { readonly path: string }
  | {
      readonly model: Uint8Array;
      readonly folder?: string;
      readonly external?: readonly { readonly path: string; readonly data: Uint8Array }[];
    };

export interface OpenModel {
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  run(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;
  release(): Promise<void>;
}

const describe = (values: readonly ValueMetadata[]): TensorDescription[] =>
  values.map(({ name, isTensor, type = '', shape = [] }) => {
    if (!isTensor || !isElementType(type))
      throw new SessionError(
        `model: expected float32, int32 or bool in '${name}', got ${type || 'no tensor'}. Cast it in the model.`,
      );
    return { name, type, shape };
  });

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Opens a model. @throws {SessionError} if it is damaged, or a file that it names is missing */
export async function openModel(
  { InferenceSession, Tensor }: Runtime,
  files: ModelFiles,
  { threads, optimization }: Required<CompileOptions>,
): Promise<OpenModel> {
  const options = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: optimization,
    // What goes wrong is in the error; the runtime would write it to the terminal as well.
    logSeverityLevel: 4 as const,
    // Threads that wait do not burn time that others need.
    extra: {
      session: {
        intra_op: { allow_spinning: '0' },
        inter_op: { allow_spinning: '0' },
        ...('model' in files && files.folder && { model_external_initializers_file_folder_path: files.folder }),
      },
    },
    ...('model' in files && files.external && { externalData: [...files.external] }),
  };
  const source = 'path' in files ? files.path : files.model;
  const session = await InferenceSession.create(source as never, options as never).catch((cause) => {
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
        Object.entries(inputs).map(([name, { type, data, shape }]) => [
          name,
          new Tensor(type as never, data as never, shape),
        ]),
      );
      const results = await session.run(feeds as never).catch((cause) => {
        throw new SessionError(
          `run: expected it to succeed, got '${reasonOf(cause)}'. Check the values, or use smaller batches.`,
          {
            cause,
          },
        );
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
