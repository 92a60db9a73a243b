// What computes: a backend of TensorFlow.js, or ONNX Runtime.
import {
  type BackendName,
  NoBackendError,
  type SelectedBackend,
  type SelectOptions,
  selectBackend,
  selectedBackend,
} from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';
import { loadOnnx } from '#platform';
import { checkCount, checkOneOf } from './arguments.ts';
import type { EngineOptions } from './engine/engine.ts';
import { ArgumentError, DeviceError } from './errors.ts';

/** The devices in the order in which `auto` tries them: GPUs, then ONNX Runtime, then the others from fast to slow. */
export const DEVICES = ['node-gpu', 'webgpu', 'onnx', 'node', 'wasm', 'cpu'] as const satisfies (
  | BackendName
  | 'onnx'
)[];

export type DeviceName = (typeof DEVICES)[number];

const GPUS = ['node-gpu', 'webgpu'] as const;
const OTHERS = ['node', 'wasm', 'cpu'] as const;
/** Backends for tensors outside of ONNX Runtime, which need no device. */
const PLAIN = ['wasm', 'cpu'] as const;

/** A device that `auto` did not take. */
export interface SkippedDevice {
  readonly name: DeviceName;
  /** Kind of the error, such as `backends/missing` or `onnx/runtime-missing`. */
  readonly tag: string;
  readonly reason: string;
}

export interface SelectedDevice {
  readonly name: DeviceName;
  /** Name of the graphics adapter (webgpu only). */
  readonly adapter?: string;
  /** Devices that were tried first, and why they did not work. */
  readonly skipped: readonly SkippedDevice[];
}

export interface DeviceOptions extends Pick<SelectOptions, 'wasmPaths'>, EngineOptions {}

interface CurrentOnnx {
  readonly device: SelectedDevice;
  readonly options: EngineOptions;
  /** The backend of TensorFlow.js at that time: another one, selected later, takes its place. */
  readonly backend: string;
  readonly selected: SelectedBackend | undefined;
}

let onnx: CurrentOnnx | undefined;

/** The options of the device `onnx`, if that is the current one. */
export const currentOnnx = (): EngineOptions | undefined =>
  onnx && onnx.backend === tf.getBackend() && onnx.selected === selectedBackend() ? onnx.options : undefined;

async function selectOnnx({ wasmPaths, threads, precision }: DeviceOptions): Promise<SelectedDevice> {
  await loadOnnx();
  // Tensors outside of ONNX Runtime, such as those of a training, need a backend as well.
  if (!tf.getBackend()) await selectBackend('auto', { wasmPaths, among: PLAIN });
  const device: SelectedDevice = { name: 'onnx', skipped: [] };
  onnx = { device, options: { threads, precision }, backend: tf.getBackend(), selected: selectedBackend() };
  return device;
}

/**
 * Makes a device the current one, on which models that are opened or created from then on compute. `auto` takes the first that works of
 * node-gpu, webgpu, onnx, node, wasm and cpu; never WebGPU on a software adapter.
 *
 * @example
 * const { name, skipped } = await selectDevice('auto');
 * name; // 'onnx'
 * skipped[0]?.reason; // backend 'node-gpu': expected @tensorflow/tfjs-node-gpu, got no such package. Install it: …
 *
 * @throws {BackendError} if a backend of TensorFlow.js is not installed or does not start
 * @throws {OnnxError} if onnxruntime-node is not installed or does not load; the message says how to install it
 * @throws {DeviceError} for `onnx` in a browser
 */
export async function selectDevice(
  name: DeviceName | 'auto' = 'auto',
  options: DeviceOptions = {},
): Promise<SelectedDevice> {
  const { wasmPaths, threads, precision } = options;
  if (threads !== undefined) checkCount('threads', threads, 1);
  if (precision !== undefined) checkOneOf('precision', precision, ['float32', 'int8']);
  if (name === 'onnx') return selectOnnx(options);
  if (name !== 'auto') {
    if (!DEVICES.includes(name))
      throw new ArgumentError('device', `auto, ${DEVICES.join(', ')}`, `'${name}'`, 'Choose one of them.');
    return selectBackend(name, { wasmPaths });
  }
  const skipped: SkippedDevice[] = [];
  const firstOf = async (among: readonly BackendName[]): Promise<SelectedDevice | undefined> => {
    try {
      const device = await selectBackend('auto', { wasmPaths, among });
      return { ...device, skipped: [...skipped, ...device.skipped] };
    } catch (error) {
      if (!(error instanceof NoBackendError)) throw error;
      skipped.push(...error.skipped);
      return undefined;
    }
  };
  const gpu = await firstOf(GPUS);
  if (gpu) return gpu;
  try {
    return { ...(await selectOnnx(options)), skipped };
  } catch (error) {
    // Errors of @medclipseg/onnx, which a page does not load, have tags as well.
    if (!(error instanceof Error && 'tag' in error)) throw error;
    skipped.push({ name: 'onnx', tag: String(error.tag), reason: error.message });
  }
  const other = await firstOf(OTHERS);
  if (other) return other;
  throw new DeviceError(
    'auto',
    'one that works',
    `none:\n${skipped.map(({ reason }) => `  ${reason}`).join('\n')}\n`,
    `Install one: npm install @tensorflow/tfjs-backend-wasm@${tf.version_core}.`,
  );
}

let selecting: Promise<unknown> | undefined;

/** Selects `auto` unless a device is current already. Calls at the same time share one selection. */
export async function ensureDevice(options: DeviceOptions = {}): Promise<void> {
  if (!selecting && tf.getBackend()) return;
  selecting ??= selectDevice('auto', options).finally(() => {
    selecting = undefined;
  });
  await selecting;
}
