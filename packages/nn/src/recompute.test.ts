// Segments that are recomputed in the backward pass: the same gradients in less memory.
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  disposeParameters,
  gelu,
  initialize,
  layerNorm,
  linear,
  linearSpec,
  normSpec,
  recomputedGradients,
  type Segment,
  type SegmentTensors,
  trainable,
  valueAndGradients,
  variablesOf,
} from './index.ts';

const LAYERS = 8;
const spec = {
  layers: Array.from({ length: LAYERS }, () => ({
    norm: normSpec(16),
    up: linearSpec(16, 64),
    down: linearSpec(64, 16),
  })),
  shared: linearSpec(16, 16),
  unused: linearSpec(2, 2),
};

/** Two streams: one through all layers, one that some segments pass through unchanged; and a layer that all segments share. */
function chain() {
  const parameters = trainable(initialize(spec, 5));
  const segments = parameters.layers.map(
    ({ norm, up, down }, i): Segment =>
      ([x, y]) => {
        const mixed = tf.add(x as tf.Tensor, linear(gelu(linear(layerNorm(x as tf.Tensor, norm), up)), down));
        return [mixed, i % 3 === 0 ? tf.add(y as tf.Tensor, linear(mixed, parameters.shared)) : (y as tf.Tensor)];
      },
  );
  const head = ([x, y]: SegmentTensors) => tf.mean(tf.mul(tf.square(x as tf.Tensor), y as tf.Tensor)) as tf.Scalar;
  const wave = (by: number) => tf.sin(tf.mul(tf.reshape(tf.range(0, 12 * 16), [12, 16]), by));
  return { parameters, segments, head, start: tf.tidy(() => [wave(0.37), wave(0.91)]) };
}

eachBackend('recomputed segments', () => {
  it('have the value and gradients of the plain backward pass', async () => {
    const { parameters, segments, head, start } = chain();
    const variables = variablesOf(parameters);
    const used = new Map([...variables].filter(([name]) => !name.startsWith('unused')));
    const before = tf.memory().numTensors;
    const plain = valueAndGradients(() => head(segments.reduce<SegmentTensors>((passed, f) => f(passed), start)), used);
    const again = recomputedGradients({ start, segments, head }, variables);
    expect((await again.value.data())[0]).toBe((await plain.value.data())[0]);
    for (const [name, gradient] of plain.gradients) {
      const expected = await gradient.data();
      const actual = await (again.gradients.get(name) as tf.Tensor).data();
      const scale = Math.max(...expected.map(Math.abs), 1e-6);
      for (const [i, value] of expected.entries())
        expect(Math.abs((actual[i] as number) - value), name).toBeLessThanOrEqual(1e-5 * scale);
    }
    expect([...(await (again.gradients.get('unused.weight') as tf.Tensor).data())]).toEqual([0, 0, 0, 0]);
    tf.dispose([plain.value, again.value, ...plain.gradients.values(), ...again.gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(start);
    disposeParameters(parameters);
  });

  it('may start with a segment without inputs', async () => {
    const { parameters, segments, head, start } = chain();
    const variables = variablesOf({ layers: parameters.layers, shared: parameters.shared });
    const embed: Segment = () => start.map((tensor) => linear(tensor, parameters.shared));
    const all = [embed, ...segments];
    const plain = valueAndGradients(() => head(all.reduce<SegmentTensors>((passed, f) => f(passed), [])), variables);
    const again = recomputedGradients({ segments: all, head }, variables);
    const [expected, actual] = [plain, again].map(({ gradients }) => gradients.get('shared.weight') as tf.Tensor);
    const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(expected as tf.Tensor, actual as tf.Tensor))));
    expect((await difference.data())[0]).toBeLessThan(1e-6);
    tf.dispose([difference, plain.value, again.value, ...plain.gradients.values(), ...again.gradients.values()]);
    tf.dispose(start);
    disposeParameters(parameters);
  });

  it('use at most half of the memory', async () => {
    const { parameters, segments, head, start } = chain();
    const variables = variablesOf({ layers: parameters.layers, shared: parameters.shared });
    const { numBytes } = tf.memory();
    const peak = async (f: () => { value: tf.Scalar; gradients: Map<string, tf.Tensor> }) => {
      const { peakBytes, result } = await tf.profile(() => {
        const { value, gradients } = f();
        tf.dispose([...gradients.values()]);
        return value;
      });
      tf.dispose(result);
      return peakBytes - numBytes;
    };
    const plain = await peak(() =>
      valueAndGradients(() => head(segments.reduce<SegmentTensors>((passed, f) => f(passed), start)), variables),
    );
    // Both hold the gradients of the parameters; most of the memory is intermediates.
    expect(await peak(() => recomputedGradients({ start, segments, head }, variables))).toBeLessThan(plain / 2);
    tf.dispose(start);
    disposeParameters(parameters);
  });

  it.each(['segment', 'head'])('leak nothing when a %s throws', (where) => {
    const { parameters, segments, head, start } = chain();
    const variables = variablesOf(parameters);
    const before = tf.memory().numTensors;
    let calls = 0;
    const failing: Segment = (passed) => {
      // The second run is the one of the backward pass.
      if (where === 'segment' && ++calls === 2) throw new Error('no');
      return [tf.square(passed[0] as tf.Tensor), passed[1] as tf.Tensor];
    };
    const broken = (passed: SegmentTensors) => {
      const value = head(passed);
      if (where === 'head') throw new Error('no');
      return value;
    };
    const all = [...segments.slice(0, 2), failing, ...segments.slice(2)];
    expect(() => recomputedGradients({ start, segments: all, head: broken }, variables)).toThrow('no');
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(start);
    disposeParameters(parameters);
  });
});
