// A model in ONNX Runtime, on the current thread. onnxruntime-node and onnxruntime-web share this interface.
import { SessionError } from '../errors.ts';
import {
  type CompileOptions,
  intoError,
  isElementType,
  type OutputArrays,
  type TensorArray,
  type TensorData,
  type TensorDescription,
} from './session.ts';

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
  run(inputs: Readonly<Record<string, TensorData>>, into?: OutputArrays): Promise<Record<string, TensorData>>;
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

/** Browsers define shared memory only for isolated pages. */
const isShared = ({ buffer }: TensorArray): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;

/** Copies what is in shared memory, which the runtime does not take in Node 20, to arrays that are used again. */
function ownCopies(): (name: string, data: TensorArray) => TensorArray {
  const copies = new Map<string, TensorArray>();
  return (name, data) => {
    if (!isShared(data)) return data;
    const known = copies.get(name);
    const copy = known?.length === data.length ? known : data.slice();
    copy.set(data);
    copies.set(name, copy);
    return copy;
  };
}

function written(name: string, data: TensorArray, into: TensorArray | undefined): TensorArray {
  if (!into) return data;
  if (into.length !== data.length) throw intoError(name, `${data.length} elements`, `${into.length}`);
  into.set(data);
  return into;
}

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
  const own = ownCopies();
  return {
    inputs: describe(session.inputMetadata),
    outputs: describe(session.outputMetadata),
    async run(inputs, into = {}) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { type, data, shape }]) => [
          name,
          new Tensor(type as never, own(name, data) as never, shape),
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
          { type: type as TensorData['type'], data: written(name, data as TensorArray, into[name]), shape: [...dims] },
        ]),
      );
    },
    release: () => session.release(),
  };
}
