// How large a batch the current backend computes efficiently.
import * as tf from '@tensorflow/tfjs-core';

const MEBIBYTE = 2 ** 20;

/**
 * Bytes of intermediate results up to which larger batches are faster, by the backend's name in tfjs. Measured on `wasm` with 16 samples of
 * `mini` (6 MiB each): 2.2 CPU seconds and 240 MiB one at a time, 1.7 and 350 four at a time, 1.8 and 490 eight at a time; with samples of
 * ViT-B/16 (26 MiB each) no batch is faster than one.
 */
const BUDGETS: Readonly<Record<string, number>> = { cpu: 32 * MEBIBYTE, wasm: 32 * MEBIBYTE };

/** GPUs and native TensorFlow need larger batches to be busy. */
const DEFAULT_BUDGET = 256 * MEBIBYTE;

/** Bytes of intermediate results that a batch of independent items should take on the current backend. */
export const batchBudget = (): number => BUDGETS[tf.getBackend()] ?? DEFAULT_BUDGET;
