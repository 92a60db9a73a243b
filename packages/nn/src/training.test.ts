// Parameter trees, noise and the optimizer, as a training loop uses them.
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  Adam,
  clipByGlobalNorm,
  constantInit,
  counterNoise,
  countParameters,
  disposeParameters,
  flatten,
  initialize,
  type LinearParameters,
  linear,
  linearSpec,
  loadParameters,
  noNoise,
  shapesOf,
  trainable,
  valueAndGradients,
  variablesOf,
} from './index.ts';
import { replayedNoise } from './testing/index.ts';

const specs = {
  layers: [linearSpec(3, 4), linearSpec(4, 1, { bias: false })],
  gate: { shape: [], init: constantInit(0.5) },
};

eachBackend('parameters', () => {
  it('are named by their position, counted and loaded', async () => {
    const tree = initialize(specs, 1);
    const names = ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'gate'];
    expect([...flatten(tree).keys()]).toEqual(names);
    expect([...shapesOf(specs).keys()]).toEqual(names);
    expect(countParameters(tree)).toBe(12 + 4 + 4 + 1);
    const values = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const [name, t] of flatten(tree)) values.set(name, { shape: t.shape, data: (await t.data()) as Float32Array });
    const loaded = loadParameters(specs, values);
    expect(await loaded.layers[0]?.weight.data()).toEqual(values.get('layers.0.weight')?.data);
    values.delete('gate');
    values.set('layers.0.bias', { shape: [5], data: new Float32Array(5) });
    expect(() => loadParameters(specs, values)).toThrow(/layers.0.bias: expected \[4\], got \[5\]\n {2}gate: missing/);
    disposeParameters(tree);
    disposeParameters(loaded);
  });

  it('are typed records; a leaf that is not a tensor is rejected', () => {
    interface Layer {
      readonly scale: tf.Tensor;
      readonly shift?: tf.Tensor;
    }
    interface Network {
      readonly layers: readonly Layer[];
    }
    const network: Network = { layers: [{ scale: tf.scalar(1) }, { scale: tf.scalar(2), shift: undefined }] };
    expect([...flatten(network).keys()]).toEqual(['layers.0.scale', 'layers.1.scale']);
    // @ts-expect-error A number is not a tensor.
    expect(() => flatten({ layers: [{ scale: 1 }] })).toThrow("expected tensor at 'layers.0.scale', got number");
    disposeParameters(network);
  });

  it('have starting values that do not depend on other parameters', async () => {
    const [a, b] = [
      initialize({ x: linearSpec(2, 2) }, 1),
      initialize({ w: linearSpec(3, 3), x: linearSpec(2, 2) }, 1),
    ];
    expect(await a.x.weight.data()).toEqual(await b.x.weight.data());
    disposeParameters(a);
    disposeParameters(b);
  });
});

eachBackend('noise', () => {
  it("a row's noise does not depend on its batch", async () => {
    const site = { adapter: 2, direction: 'imageFromText' };
    const [a, b] = [
      counterNoise(9, [
        { image: 'x', sample: 0 },
        { image: 'y', sample: 3 },
      ]).draw(site, [2, 3, 5]) as tf.Tensor,
      counterNoise(9, [{ image: 'y', sample: 3 }]).draw(site, [1, 3, 5]) as tf.Tensor,
    ];
    expect((await a.data()).slice(15)).toEqual(await b.data());
    expect((await a.data()).slice(0, 15)).not.toEqual(await b.data());
    tf.dispose([a, b]);
    expect(noNoise.draw(site, [1, 3, 5])).toBeUndefined();
  });

  it('replay gives a site the same tensor whenever it asks', async () => {
    const tensors = [tf.fill([1, 2], 1), tf.fill([1, 2], 2), tf.fill([1, 3], 3)];
    const noise = replayedNoise(tensors);
    const draw = async (adapter: number, direction: string, size = 2) => {
      const drawn = noise.draw({ adapter, direction }, [1, size]) as tf.Tensor;
      const [first] = await drawn.data();
      drawn.dispose();
      return first;
    };
    const forward = [await draw(0, 'a'), await draw(0, 'b'), await draw(4, 'a', 3)];
    expect(forward).toEqual([1, 2, 3]);
    expect([await draw(4, 'a', 3), await draw(0, 'b'), await draw(0, 'a')]).toEqual([3, 2, 1]);
    await expect(draw(5, 'a')).rejects.toThrow('replayed noise: expected [1,2] at draw 4, got none');
    tf.dispose(tensors);
  });

  it('replay rejects a tensor of another shape', () => {
    const tensor = tf.zeros([1, 2, 3]);
    expect(() => replayedNoise([tensor]).draw({ adapter: 0, direction: '' }, [1, 2, 4])).toThrow('replayed noise');
    tensor.dispose();
  });
});

eachBackend('learning', () => {
  const run = async (steps: number, saveAt?: number) => {
    let parameters = trainable(initialize(specs, 2), /layers/);
    let adam = new Adam({ weightDecay: 0.01 });
    const x = tf.tensor2d([
      [1, 2, 3],
      [0, 1, -1],
    ]);
    for (let i = 0; i < steps; i++) {
      const variables = variablesOf(parameters);
      const { value, gradients } = valueAndGradients(
        () => tf.sum(tf.square(parameters.layers.reduce((h, layer) => linear(h, layer), x as tf.Tensor))) as tf.Scalar,
        variables,
      );
      const clipped = clipByGlobalNorm(gradients, 1);
      adam.step(variables, clipped, 0.01);
      value.dispose();
      tf.dispose([...clipped.values()]);
      if (i + 1 !== saveAt) continue;
      // Saved to memory and restored, as with a checkpoint.
      const state = await adam.save();
      const values = new Map<string, { shape: readonly number[]; data: Float32Array }>();
      for (const [name, t] of flatten(parameters))
        values.set(name, { shape: t.shape, data: (await t.data()) as Float32Array });
      disposeParameters(parameters);
      adam.dispose();
      parameters = trainable(loadParameters(specs, values), /layers/);
      adam = new Adam({ weightDecay: 0.01 });
      adam.restore(state, variablesOf(parameters));
    }
    const weight = await (flatten(parameters).get('layers.0.weight') as tf.Tensor).data();
    expect([...variablesOf(parameters).keys()]).not.toContain('gate');
    disposeParameters(parameters);
    adam.dispose();
    x.dispose();
    return weight;
  };

  it('resumes exactly from a saved state', async () => {
    expect(await run(6, 3)).toEqual(await run(6));
  });

  it('parameters that have learned can be frozen', async () => {
    const all = trainable(initialize(specs, 2));
    const before = await all.layers[0]?.weight.data();
    const frozen = trainable(all, /gate/);
    expect([...variablesOf(frozen).keys()]).toEqual(['gate']);
    expect(await frozen.layers[0]?.weight.data()).toEqual(before);
    disposeParameters(frozen);
  });

  it('an error during a step leaks no tensor', () => {
    const parameters = trainable(initialize(specs, 2));
    const fail = () =>
      valueAndGradients(() => {
        linear(tf.ones([2, 3]), parameters.layers[0] as LinearParameters);
        throw new Error('in the middle');
      }, variablesOf(parameters));
    expect(fail).toThrow('in the middle');
    disposeParameters(parameters);
  });

  it('a first step has the size of the learning rate', async () => {
    const w = tf.tidy(() => tf.variable(tf.tensor1d([1, -1])));
    const adam = new Adam();
    const g = tf.tensor1d([1e-3, -5]);
    adam.step(new Map([['w', w]]), new Map([['w', g]]), 0.1);
    const [a, b] = await w.data();
    expect(a).toBeCloseTo(0.9, 5);
    expect(b).toBeCloseTo(-0.9, 5);
    adam.dispose();
    tf.dispose([w, g]);
  });
});
