// Weights in a file that ONNX Runtime maps, so that no tensor holds a second copy of them.
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredRange } from '@medclipseg/onnx';
import type { TensorValue } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { ModelError } from '../../errors.ts';

/** Values begin at multiples of this, so that they can be mapped. */
const ALIGNMENT = 64;

const PREFIX = `medclipseg-${hostname().replace(/[^\w.]/g, '')}-`;

/** Whether a process of this machine runs; those of other users count. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what processes that were killed have left. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number(/^(\d+)-/.exec(name.slice(PREFIX.length))?.[1]) : Number.NaN;
    if (Number.isNaN(pid) || isRunning(pid)) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // It belongs to another user.
    }
  }
}

class WeightsFileError extends ModelError {
  override readonly name = 'WeightsFileError';
  constructor(path: string, expected: string, actual: string, remedy: string, options?: ErrorOptions) {
    super('medclipseg/weights-file', `${path}: expected ${expected}, got ${actual}. ${remedy}`, options);
  }
}

/** Runs a step of writing a file, and says what to do if there is no room or no permission. */
function writing<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const remedy = 'Free space there, or set TMPDIR to another folder.';
    throw new WeightsFileError(path, 'a temporary file for the weights', reason, remedy, { cause });
  }
}

/** Tensors whose values are in a file. Nothing computes with them; they are read, or their places are written into a model file. */
class FileBackend extends tf.KernelBackend {
  readonly #ranges = new Map<object, StoredRange>();

  constructor(readonly path: string) {
    super();
  }

  override numDataIds = (): number => this.#ranges.size;
  override refCount = (id: object): number => (this.#ranges.has(id) ? 1 : 0);
  override incRef = (): void => {};
  override memory = (): { unreliable: boolean } => ({ unreliable: true });
  override dispose = (): void => {};
  override disposeData = (id: object): boolean => this.#ranges.delete(id) || true;

  tensor(shape: readonly number[], range: StoredRange): tf.Tensor {
    const dataId = {};
    this.#ranges.set(dataId, range);
    return tf.engine().makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype: 'float32' }, this);
  }

  range = (id: object): StoredRange => this.#ranges.get(id) as StoredRange;

  override readSync(id: object): Float32Array {
    const { offset, length } = this.range(id);
    const bytes = new Uint8Array(length);
    const file = openSync(this.path, 'r');
    try {
      for (let done = 0; done < length; ) {
        const read = readSync(file, bytes, done, length - done, offset + done);
        if (read === 0)
          throw new WeightsFileError(this.path, `${length} bytes at ${offset}`, `${done}`, 'Open the model again.');
        done += read;
      }
    } finally {
      closeSync(file);
    }
    return new Float32Array(bytes.buffer);
  }

  override read = async (id: object): Promise<Float32Array> => this.readSync(id);
}

/** A temporary file of weights. It is deleted by `close`, when the process ends, and if it was killed, by the next one. */
export class StoredWeights {
  readonly folder = join(tmpdir(), `${PREFIX}${process.pid}-${randomBytes(6).toString('hex')}`);
  readonly file = 'weights.bin';
  readonly #backend = new FileBackend(join(this.folder, this.file));
  #handle: number | undefined;
  #size = 0;

  constructor() {
    this.#handle = writing(this.folder, () => {
      removeLeftovers();
      mkdirSync(this.folder, { mode: 0o700 });
      return openSync(this.#backend.path, 'wx', 0o600);
    });
    process.once('exit', this.#remove);
  }

  /** Appends a tensor. */
  put({ shape, data }: TensorValue): tf.Tensor {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const handle = this.#handle as number;
    const offset = Math.ceil(this.#size / ALIGNMENT) * ALIGNMENT;
    writing(this.#backend.path, () => {
      for (let done = 0; done < bytes.length; )
        done += writeSync(handle, bytes, done, bytes.length - done, offset + done);
    });
    this.#size = offset + bytes.length;
    return this.#backend.tensor(shape, { dtype: 'F32', offset, length: bytes.length });
  }

  /** Where parameters are in the file. */
  ranges(parameters: ReadonlyMap<string, tf.Tensor>): Map<string, StoredRange> {
    return new Map([...parameters].map(([name, { dataId }]) => [name, this.#backend.range(dataId)]));
  }

  #remove = (): void => {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
    rmSync(this.folder, { recursive: true, force: true });
  };

  close(): void {
    process.off('exit', this.#remove);
    this.#remove();
  }
}
