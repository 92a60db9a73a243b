// Native TensorFlow through the add-ons tfjs-node and tfjs-node-gpu: at most one of them per process, and a GPU only where TensorFlow sees one.
import * as tf from '@tensorflow/tfjs-core';
import { BackendBrokenError, BackendError, BackendMissingError, OutOfMemoryError } from './errors.ts';
import { patchNativeSums } from './native-sums.ts';

export type NativeName = 'node' | 'node-gpu';

const PACKAGES = { node: '@tensorflow/tfjs-node', 'node-gpu': '@tensorflow/tfjs-node-gpu' } as const;

/** The name under which both packages register their backend. */
const TENSORFLOW = 'tensorflow';

type Binding = Record<string, unknown> & Record<'executeOp' | 'createTensor' | 'tensorDataSync', Operation>;
type Operation = (...args: unknown[]) => unknown;

interface TensorFlowBackend {
  binding: Binding;
  readonly isGPUPackage: boolean;
  readonly isUsingGpuDevice: boolean;
}

const buildCommand = (name: NativeName) => `npx medclipseg-native-tensorflow${name === 'node-gpu' ? ' --gpu' : ''}`;

/** The messages of an error and of its causes. */
function messagesOf(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at !== undefined && at !== null; at = (at as Error).cause)
    parts.push(at instanceof Error ? at.message : String(at));
  return parts.join('\n');
}

/** Why the package did not load, and what helps. npm does not repair a package whose add-on is missing. */
function loadError(name: NativeName, cause: unknown): BackendError {
  const packageName = PACKAGES[name];
  const build = `build it from packages of npm and PyPI: ${buildCommand(name)}`;
  const text = messagesOf(cause);
  const [, absent] = /Cannot find (?:package|module)\s*['"]([^'"]+)['"]/.exec(text) ?? [];
  if (absent === packageName) {
    const remedy = `Install it: npm install ${packageName}@${tf.version_core}; on Linux x64 you can also ${build}.`;
    return new BackendMissingError('backends/missing', name, packageName, 'no such package', remedy, { cause });
  }
  if (/native addon module|tfjs_binding\.node|cannot open shared object file/i.test(text)) {
    const remedy = `Fetch it: npm rebuild ${packageName}; or on Linux x64 ${build}.`;
    return new BackendBrokenError(name, remedy, { cause });
  }
  const remedy = `Remove node_modules/${packageName} and install it again: npm install ${packageName}@${tf.version_core}; or on Linux x64 ${build}.`;
  return new BackendBrokenError(name, remedy, { cause });
}

/** Imports a package of native TensorFlow without the lines that it and TensorFlow would print. */
async function importQuietly(packageName: string): Promise<unknown> {
  // Bundlers for the browser do not follow an import by variable.
  const module = 'node:util';
  const util = ((await import(/* @vite-ignore */ module)) as { default: Record<string, unknown> }).default;
  // Both are called by tfjs-node 4.22: Node 23 removed the first, and Node 22 prints a deprecation of the second.
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
  // 1 leaves out TensorFlow's lines of level INFO. It reads the variable once, when its library is loaded.
  const level = process.env.TF_CPP_MIN_LOG_LEVEL;
  process.env.TF_CPP_MIN_LOG_LEVEL = level ?? '1';
  try {
    return await import(/* @vite-ignore */ packageName);
  } finally {
    if (level === undefined) delete process.env.TF_CPP_MIN_LOG_LEVEL;
  }
}

/** TensorFlow's status RESOURCE_EXHAUSTED, as its add-on words it. */
const EXHAUSTED = /Invalid TF_Status: 8\b/;
const BYTES: Readonly<Record<string, number>> = { float: 4, int32: 4, bool: 1, double: 8, int64: 8, half: 2, uint8: 1 };

/** Bytes of the tensor that TensorFlow could not allocate, where its message has them. */
function bytesIn(message: string): number | undefined {
  const [, shape = '', type = ''] = /tensor with shape\s*\[([\d,\s]*)\] and type (\w+)/.exec(message) ?? [];
  const bytes = BYTES[type];
  return bytes && shape.split(',').reduce((product, length) => product * Number(length), bytes);
}

const guarded = new WeakSet<object>();

/** Makes running out of memory an error that can be recognized. */
function guardMemory(backend: TensorFlowBackend): void {
  const { binding } = backend;
  if (guarded.has(binding)) return;
  const guard =
    (operation: Operation): Operation =>
    (...args) => {
      try {
        return operation.apply(binding, args);
      } catch (cause) {
        const message = messagesOf(cause);
        if (!EXHAUSTED.test(message)) throw cause;
        throw new OutOfMemoryError('TensorFlow', bytesIn(message), { cause });
      }
    };
  const { executeOp, createTensor, tensorDataSync } = binding;
  // The add-on's own properties cannot be assigned.
  backend.binding = Object.create(binding, {
    executeOp: { value: guard(executeOp) },
    createTensor: { value: guard(createTensor) },
    tensorDataSync: { value: guard(tensorDataSync) },
  });
  guarded.add(backend.binding);
}

/** Makes `before` the current backend again, or none. */
async function restore(before: string | undefined): Promise<void> {
  if (before === TENSORFLOW) return;
  if (before) {
    await tf.setBackend(before);
    return;
  }
  const factory = tf.findBackendFactory(TENSORFLOW);
  if (!factory) return;
  tf.removeBackend(TENSORFLOW);
  tf.registerBackend(TENSORFLOW, factory, 3);
}

/**
 * Makes native TensorFlow the current backend. Where one of the two packages is loaded already, it is used if it computes on the device
 * that `name` promises: loading the second would change nothing.
 *
 * @param load imports the package, which registers the backend `tensorflow`
 */
export async function setUpNative(
  name: NativeName,
  load: (packageName: string) => Promise<unknown> = importQuietly,
): Promise<void> {
  const before: string | undefined = tf.getBackend() || undefined;
  const wasLoaded = !!tf.findBackendFactory(TENSORFLOW);
  try {
    if (!wasLoaded)
      await load(PACKAGES[name]).catch((cause) => {
        throw loadError(name, cause);
      });
    if (!(await tf.setBackend(TENSORFLOW)))
      throw new BackendBrokenError(name, 'Start node with --trace-warnings to see why.', {
        cause: new Error('tfjs could not initialize it'),
      });
    const backend = tf.backend() as unknown as TensorFlowBackend;
    expectDevice(name, backend);
    guardMemory(backend);
    patchNativeSums();
  } catch (error) {
    await restore(before);
    throw error;
  }
}

/** `node` is the CPU and `node-gpu` a GPU, whichever of the packages is loaded. */
function expectDevice(name: NativeName, { isGPUPackage, isUsingGpuDevice }: TensorFlowBackend): void {
  if (name === 'node-gpu' && !isUsingGpuDevice && isGPUPackage) {
    const remedy =
      "Install NVIDIA's driver (nvidia-smi lists the GPUs), look at CUDA_VISIBLE_DEVICES, set TF_CPP_MIN_LOG_LEVEL=0 to see TensorFlow's reasons, or use node.";
    throw new BackendMissingError('backends/no-gpu', name, 'a GPU', 'none that TensorFlow sees', remedy);
  }
  if (isUsingGpuDevice === (name === 'node-gpu')) return;
  const loaded = isGPUPackage ? PACKAGES['node-gpu'] : PACKAGES.node;
  throw new BackendError(
    'backends/other-loaded',
    `backend '${name}': expected ${PACKAGES[name]}, but this process has loaded ${loaded}, and TensorFlow can be loaded only once. Start another process for it.`,
  );
}
