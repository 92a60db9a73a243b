import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ArrayAdam, clipArraysByGlobalNorm } from './array-optimizer.ts';
import { Adam, clipByGlobalNorm, type ParameterValue } from './index.ts';

const shapes = new Map([
  ['weight', [3, 2]],
  ['bias', [2]],
  ['gate', []],
]);

/** Deterministic values of about one. */
const values = (seed: number) =>
  new Map(
    [...shapes].map(([name, shape]) => [
      name,
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(seed + i + 7 * name.length)),
    ]),
  );

const OPTIONS = { weightDecay: 0.05, beta2: 0.99 };
const STEPS = [1, 2, 3, 4, 5, 6];
const rateOf = (step: number) => 0.01 / step;

eachBackend('Adam over arrays', () => {
  /** Values after the steps, of which those from `from` on are made by arrays, the others by tensors; the state moves between them. */
  async function run(isArray: (step: number) => boolean) {
    const variables = new Map(
      [...values(0)].map(([name, data]) => [name, tf.tidy(() => tf.variable(tf.tensor(data, shapes.get(name))))]),
    );
    const [tensors, arrays] = [new Adam(OPTIONS), new ArrayAdam(OPTIONS)];
    for (const step of STEPS) {
      const gradients = values(step);
      if (isArray(step)) {
        const current = new Map<string, ParameterValue>();
        for (const [name, variable] of variables)
          current.set(name, { shape: variable.shape, data: (await variable.data()).slice() as Float32Array });
        arrays.step(current, gradients, rateOf(step));
        for (const [name, { data }] of current)
          tf.tidy(() => variables.get(name)?.assign(tf.tensor(data, shapes.get(name))));
        tensors.restore(arrays.save(), variables);
      } else {
        const given = new Map([...gradients].map(([name, data]) => [name, tf.tensor(data, shapes.get(name))]));
        tensors.step(variables, given, rateOf(step));
        tf.dispose([...given.values()]);
        arrays.restore(await tensors.save(), variables);
      }
    }
    expect(arrays.steps).toBe(STEPS.length);
    const ends: number[] = [];
    for (const variable of variables.values()) ends.push(...(await variable.data()));
    tensors.dispose();
    tf.dispose([...variables.values()]);
    return ends;
  }

  it('ends where Adam over tensors does, and resumes its states', async () => {
    const expected = await run(() => false);
    for (const isArray of [() => true, (step: number) => step > 3, (step: number) => step % 2 === 0])
      for (const [i, value] of (await run(isArray)).entries())
        expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-6);
  });

  it('clips as for tensors', async () => {
    for (const limit of [0.01, 0.5, 100]) {
      const arrays = values(1);
      const tensors = clipByGlobalNorm(new Map([...values(1)].map(([name, data]) => [name, tf.tensor1d(data)])), limit);
      clipArraysByGlobalNorm(arrays.values(), limit);
      for (const [name, tensor] of tensors) {
        const expected = await tensor.data();
        arrays.get(name)?.forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i] as number, 6);
        });
      }
      tf.dispose([...tensors.values()]);
    }
  });
});

it('a restored state continues bit for bit, whatever happens to the one that was saved', () => {
  const parameters = () =>
    new Map([...values(0)].map(([name, data]) => [name, { shape: shapes.get(name) as number[], data }]));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), (at) => {
      const run = (stop: number) => {
        let adam = new ArrayAdam(OPTIONS);
        const current = parameters();
        for (const step of STEPS) {
          adam.step(current, values(step), rateOf(step));
          if (step !== stop) continue;
          const state = adam.save();
          adam.step(parameters(), values(99), 1);
          adam = new ArrayAdam(OPTIONS);
          adam.restore(state, current);
        }
        return current;
      };
      expect(run(at)).toEqual(run(0));
    }),
    { numRuns: 6 },
  );
});

it('refuses gradients and states that do not fit', () => {
  const adam = new ArrayAdam();
  const one = new Map([['w', { shape: [2], data: new Float32Array(2) }]]);
  expect(() => adam.step(one, new Map(), 1)).toThrow(/gradient of 'w' with 2 values, got none/);
  expect(() => adam.step(one, new Map([['w', new Float32Array(3)]]), 1)).toThrow(/with 2 values, got 3/);
  expect(adam.steps).toBe(0);
  expect(() => adam.restore({ step: 1, moments: new Map() }, one)).toThrow(
    /expected first moment of 'w' \[2\], got none/,
  );
  expect(() => new ArrayAdam({ beta1: 1 })).toThrow(/Adam beta1/);
});
