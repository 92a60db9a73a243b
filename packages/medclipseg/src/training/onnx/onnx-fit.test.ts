// Whole trainings on the device onnx.
import { releaseBackend, selectBackend } from '@medclipseg/backends';
import type { Session } from '@medclipseg/onnx/node';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { examples, newModel, plan } from '../../fixtures/tiny-training.ts';
import { selectDevice } from '../../index.ts';
import { examplesInMemory, type FitOptions, fit, MemoryCheckpoints, type TrainingPlan } from '../index.ts';

/** All sessions that were opened. */
const sessions = vi.hoisted((): Session[] => []);
vi.mock('@medclipseg/onnx/node', async (original) => {
  const actual = await original<typeof import('@medclipseg/onnx/node')>();
  const compile: typeof actual.compile = async (...given) => {
    const session = await actual.compile(...given);
    sessions.push(session);
    return session;
  };
  return { ...actual, compile };
});

/** Two batches of two and one of one per epoch. */
const data = { train: examplesInMemory(examples(5)), validation: examplesInMemory(examples(2)) };
const PLAN: Partial<TrainingPlan> = {
  ...plan,
  batchSize: 2,
  augment: ['flips', 'color'],
  clipNorm: 1,
  weightDecay: 0.05,
};

const onWasm = () => selectBackend('wasm');
const onOnnx = () => selectDevice('onnx', { threads: 1 });

interface Run extends FitOptions {
  readonly checkpoints?: MemoryCheckpoints;
  readonly learns?: RegExp;
}

/** Trains a new model on the current device; returns its losses and the last checkpoint. */
async function train({ checkpoints = new MemoryCheckpoints(), learns = /./, onStep, ...options }: Run = {}) {
  const losses: number[] = [];
  const validation: (number | undefined)[] = [];
  const model = newModel().unfreeze(learns);
  try {
    await fit(model, data, PLAN, {
      ...options,
      checkpoints,
      onStep: async (report) => {
        losses.push(report.loss.total);
        await onStep?.(report);
      },
      onEpoch: ({ validationLoss }) => void validation.push(validationLoss),
    });
  } finally {
    await model.dispose();
  }
  return { losses, validation, newest: checkpoints.newest as Uint8Array };
}

let before = 0;
beforeAll(async () => {
  await onWasm();
  before = tf.memory().numTensors;
});
afterAll(async () => {
  expect(tf.memory().numTensors).toBe(before);
  await releaseBackend();
});

const expectClose = (actual: readonly (number | undefined)[], expected: readonly (number | undefined)[]) => {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs((actual[i] as number) - (value as number))).toBeLessThan(1e-5 * Math.abs(value as number));
};

it.each([
  ['everything', /./],
  ['adapters and decoder', /^(adapters|upscale|maskHead)\./],
])('%s: the losses are those of wasm, also where the other device resumes the training', async (_, learns) => {
  await onWasm();
  const wasm = await train({ learns });
  await onOnnx();
  const onnx = await train({ learns });
  expectClose(onnx.losses, wasm.losses);
  expectClose(onnx.validation, wasm.validation);
  // Two steps on one device, the rest on the other.
  for (const [first, second] of [
    [onWasm, onOnnx],
    [onOnnx, onWasm],
  ] as const) {
    const checkpoints = new MemoryCheckpoints();
    const control = new AbortController();
    const onStep: FitOptions['onStep'] = ({ step }) => {
      if (step === 2) control.abort();
    };
    await first();
    await expect(train({ learns, checkpoints, signal: control.signal, onStep })).rejects.toThrow(/abort/i);
    await second();
    const rest = await train({ learns, checkpoints, resume: true });
    expectClose(rest.losses, wasm.losses.slice(2));
  }
});

it('stopped at a step or within one, and resumed, ends with the very same checkpoint', async () => {
  await onOnnx();
  const { newest } = await train();
  for (const delay of [undefined, 0]) {
    const checkpoints = new MemoryCheckpoints();
    const control = new AbortController();
    const onStep: FitOptions['onStep'] = ({ epoch, step }) => {
      if (epoch !== 0 || step !== 1) return;
      if (delay === undefined) control.abort();
      else setTimeout(() => control.abort(), delay);
    };
    await expect(train({ checkpoints, signal: control.signal, onStep })).rejects.toThrow(/abort/i);
    const resumed = await train({ checkpoints, resume: true });
    expect(Buffer.compare(resumed.newest, newest)).toBe(0);
  }
});

it('whose thread dies reports the session; the last checkpoint resumes it with the same result', async () => {
  await onOnnx();
  const { newest } = await train();
  const checkpoints = new MemoryCheckpoints();
  const broken = train({
    checkpoints,
    checkpointSteps: 1,
    onStep: async ({ epoch, step }) => {
      if (epoch === 1 && step === 2) for (const session of sessions) await session.dispose();
    },
  });
  await expect(broken).rejects.toMatchObject({ tag: 'onnx/session' });
  const resumed = await train({ checkpoints, resume: true });
  expect(resumed.losses).toHaveLength(1);
  expect(Buffer.compare(resumed.newest, newest)).toBe(0);
});
