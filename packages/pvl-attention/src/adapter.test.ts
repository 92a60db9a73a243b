import { counterNoise, disposeParameters, initialize } from '@medclipseg/nn';
import { replayedNoise } from '@medclipseg/nn/testing';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  initPvlAdapter,
  isPvlAttentionError,
  type PvlAdapterParameters,
  type PvlOptions,
  probabilisticCrossAttention,
  pvlAdapter,
  pvlAdapterSpec,
} from './index.ts';

/** `a·sin(b + c·i)` over the flat index, the input of the reference values. */
const wave = (shape: number[], a: number, b: number, c: number, base = 0) =>
  tf.tensor(
    Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => base + a * Math.sin(b + c * i)),
    shape,
  );

/** Weights in the reference's order; linear ones are [out, in] there and transposed here. */
function waveParameters(): PvlAdapterParameters {
  const weight = (k: number, out: number, inputs: number) => tf.transpose(wave([out, inputs], 0.5, k, 0.7));
  const linear = (k: number, out: number, inputs: number) => ({
    weight: weight(k, out, inputs),
    bias: wave([out], 0.5, k + 1, 0.7),
  });
  const norm = (k: number) => ({ weight: wave([4], 0.1, k, 0.5, 1), bias: wave([4], 0.5, k + 1, 0.7) });
  const attention = (k: number) => ({
    gate: tf.scalar(0.3),
    query: linear(k + 1, 4, 4),
    key: linear(k + 3, 8, 4),
    value: linear(k + 5, 8, 4),
    output: linear(k + 7, 4, 4),
    keyNorm: norm(k + 9),
    valueNorm: norm(k + 11),
  });
  return {
    imageDown: { weight: weight(1, 4, 6) },
    textDown: { weight: weight(2, 4, 5) },
    imageUp: { weight: weight(3, 6, 4) },
    textUp: { weight: weight(4, 5, 4) },
    twoWay: { imageFromText: attention(5), textFromImage: attention(18) },
  };
}

const close = (actual: ArrayLike<number>, expected: number[], digits = 5) =>
  expected.forEach((v, i) => {
    expect(actual[i]).toBeCloseTo(v, digits);
  });

eachBackend('PVL adapter', () => {
  it("equals the reference's values", async () => {
    const out = tf.tidy(() =>
      pvlAdapter(waveParameters(), wave([1, 3, 6], 1, 0.1, 0.9), wave([1, 2, 5], 1, 0.2, 1.1), {
        noise: replayedNoise([wave([1, 2, 4], 1, 0.3, 1.3), wave([1, 3, 4], 1, 0.4, 1.7)]),
      }),
    );
    close(
      await out.image.data(),
      [
        -0.05198731, -0.11289785, 0.26473707, -0.38598452, 0.4626294, -0.48581499, 0.03256695, -0.22219296, 0.3861434,
        -0.50547291, 0.56639234, -0.56186213, 0.04650697, -0.23391205, 0.39428735, -0.50910065, 0.56508466, -0.55577014,
      ],
    );
    close(
      await out.text.data(),
      [
        -0.40645099, 0.32158842, -0.1995646, 0.05448002, 0.09690001, -0.34058473, 0.30326135, -0.2308945, 0.13184657,
        -0.01756306,
      ],
    );
    tf.dispose(out);
  });

  it('samples folded into the batch equal samples one by one', async () => {
    const adapter = initPvlAdapter({ imageWidth: 6, textWidth: 5, width: 4 }, 3);
    const [image, text] = [wave([2, 3, 6], 1, 0.1, 0.9), wave([2, 4, 5], 1, 0.2, 1.1)];
    const rows = (sample: number) => [0, 1].map((i) => ({ image: i, sample }));
    const folded = tf.tidy(() =>
      pvlAdapter(adapter, image, text, { samples: 3, noise: counterNoise(5, [0, 1, 2].flatMap(rows)) }),
    );
    for (const sample of [0, 1, 2]) {
      const alone = tf.tidy(() => pvlAdapter(adapter, image, text, { noise: counterNoise(5, rows(sample)) }));
      for (const kind of ['image', 'text'] as const) {
        const expected = await alone[kind].data();
        close((await folded[kind].data()).slice(sample * expected.length), [...expected]);
      }
      tf.dispose(alone);
    }
    tf.dispose([folded.image, folded.text, image, text]);
    disposeParameters(adapter);
  });

  it('masked text does not influence the image', async () => {
    const adapter = initialize(pvlAdapterSpec({ imageWidth: 6, textWidth: 5, width: 4 }), 3);
    const image = wave([1, 3, 6], 1, 0.1, 0.9);
    const run = async (text: tf.Tensor, visible?: number[]) => {
      const out = tf.tidy(
        () => pvlAdapter(adapter, image, text, { textMask: visible && tf.tensor2d([visible]) }).image,
      );
      const values = [...(await out.data())];
      tf.dispose([out, text]);
      return values;
    };
    const text = () => wave([1, 2, 5], 1, 0.2, 1.1);
    const longer = () => tf.tidy(() => tf.concat([text(), tf.fill([1, 1, 5], 9)], 1));
    close(await run(longer(), [1, 1, 0]), await run(text()));
    expect(await run(longer())).not.toEqual(await run(text()));
    image.dispose();
    disposeParameters(adapter);
  });

  it('updates some text tokens only, by their number or their positions', async () => {
    const adapter = initPvlAdapter({ imageWidth: 6, textWidth: 5, width: 4 }, 1);
    const [image, text, positions] = [
      wave([2, 3, 6], 1, 0.1, 0.9),
      wave([2, 4, 5], 1, 0.2, 1.1),
      tf.range(1, 3, 1, 'int32'),
    ];
    const run = async (textTokens?: PvlOptions['textTokens']) => {
      const out = tf.tidy(() => pvlAdapter(adapter, image, text, { textTokens }).text);
      const rows = (await out.array()) as number[][][];
      tf.dispose(out);
      return rows;
    };
    const all = await run();
    const expectRows = (actual: number[][][], first: number, end: number) => {
      expect(actual.map((rows) => rows.length)).toEqual([end - first, end - first]);
      close(
        actual.flat(2),
        all.flatMap((rows) => rows.slice(first, end).flat()),
      );
    };
    expectRows(await run(2), 0, 2);
    expectRows(await run(9), 0, 4);
    expectRows(await run(positions), 1, 3);
    tf.dispose([image, text, positions]);
    disposeParameters(adapter);
  });

  describe('rejects', () => {
    const t = (...shape: number[]) => tf.zeros(shape);
    const run = (image: tf.Tensor, text: tf.Tensor, options?: PvlOptions) =>
      pvlAdapter(initPvlAdapter({ imageWidth: 6, textWidth: 5, width: 4 }), image, text, options);
    const attend = (query: tf.Tensor, context: tf.Tensor, options?: object) =>
      probabilisticCrossAttention(
        initPvlAdapter({ imageWidth: 6, textWidth: 5, width: 4 }).twoWay.imageFromText,
        query,
        context,
        options,
      );
    const fixed = (...shape: number[]) => ({ noise: { draw: () => t(...shape) } });

    it.each<[string, () => unknown, RegExp]>([
      ['image tokens of rank 2', () => run(t(3, 6), t(1, 2, 5)), /image tokens: expected \[B, Tv, 6\], got \[3,6\]/],
      ['image tokens of another width', () => run(t(1, 3, 7), t(1, 2, 5)), /image tokens: .* got \[1,3,7\]/],
      ['text tokens of another width', () => run(t(1, 3, 6), t(1, 2, 6)), /text tokens: expected \[1, Tt, 5\]/],
      ['batches of two sizes', () => run(t(2, 3, 6), t(3, 2, 5)), /text tokens: expected \[2, Tt, 5\], got \[3,2,5\]/],
      ['no tokens', () => run(t(1, 0, 6), t(1, 2, 5)), /image tokens: .* got \[1,0,6\]/],
      [
        'beta below 0',
        () => run(t(1, 3, 6), t(1, 2, 5), { beta: -1 }),
        /beta: expected a number of at least 0, got -1/,
      ],
      ['beta NaN', () => run(t(1, 3, 6), t(1, 2, 5), { beta: Number.NaN }), /beta: .* got NaN/],
      ['0 samples', () => run(t(1, 3, 6), t(1, 2, 5), { samples: 0 }), /samples: .* got 0/],
      ['a fractional adapter', () => run(t(1, 3, 6), t(1, 2, 5), { adapter: 0.5 }), /adapter: .* got 0.5/],
      ['0 text tokens', () => run(t(1, 3, 6), t(1, 2, 5), { textTokens: 0 }), /textTokens: .* got 0/],
      [
        'positions of another rank',
        () => run(t(1, 3, 6), t(1, 2, 5), { textTokens: t(1, 2) as unknown as tf.Tensor1D }),
        /textTokens: expected \[Tq\], got \[1,2\]/,
      ],
      [
        'a mask of another length',
        () => run(t(1, 3, 6), t(1, 2, 5), { textMask: t(1, 3) }),
        /text mask: .* got \[1,3\]/,
      ],
      ['noise of another width', () => run(t(1, 3, 6), t(1, 2, 5), fixed(1, 2, 5)), /noise: expected \[B·S, 2, 4\]/],
      ['noise of another batch', () => run(t(2, 3, 6), t(2, 2, 5), fixed(3, 2, 4)), /a multiple of 2, got 3/],
      ['query and context', () => attend(t(1, 3, 4), t(1, 2, 5)), /context tokens: expected \[B, Tk, 4\]/],
      ['a query of rank 4', () => attend(t(1, 1, 3, 4), t(1, 2, 4)), /query tokens: expected \[B, Tq, 4\]/],
      ['a width of 0', () => initPvlAdapter({ imageWidth: 6, textWidth: 5, width: 0 }), /width: .* got 0/],
      ['a fractional width', () => initPvlAdapter({ imageWidth: 6.5, textWidth: 5, width: 4 }), /imageWidth: .* 6.5/],
      ['a gate NaN', () => pvlAdapterSpec({ imageWidth: 6, textWidth: 5, width: 4, gate: Number.NaN }), /gate: .* NaN/],
    ])('%s', (_name, f, message) => {
      let error: unknown;
      try {
        tf.tidy(() => void f());
      } catch (thrown) {
        error = thrown;
      }
      expect(isPvlAttentionError(error)).toBe(true);
      expect((error as Error).message).toMatch(message);
    });
  });
});
