import { setImmediate as task } from 'node:timers/promises';
import { noiseValues } from '@medclipseg/nn/internal';
import { describe, expect, it, vi } from 'vitest';
import type { Engine, SampleNoise } from '../engine/engine.ts';
import { monteCarlo } from './monte-carlo.ts';

vi.mock('@medclipseg/nn/internal', async (original) => {
  const internal = await original<typeof import('@medclipseg/nn/internal')>();
  return { ...internal, noiseValues: vi.fn(internal.noiseValues) };
});

const SITES = [0, 1].map((adapter) => ({ adapter, direction: 'imageFromText' }));
const SIZE = 6;

/** An engine that only asks for noise: at once, as ONNX Runtime needs it, or in the midst of computing. */
function askingEngine(when: 'at once' | 'later') {
  const asked: number[][] = [];
  const drawnBefore: number[] = [];
  const sample = async (samples: number, noise?: SampleNoise) => {
    if (when === 'later') await task();
    for (const site of SITES) asked.push([...(noise as SampleNoise)(site, SIZE)]);
    await task();
    drawnBefore.push(vi.mocked(noiseValues).mock.calls.length);
    return new Float32Array(samples).fill(0.5);
  };
  const engine = {
    config: { vision: { imageSize: 1 } },
    fold: () => 2,
    start: async () => ({ sample, dispose() {} }),
  } as unknown as Engine;
  return { engine, asked, drawnBefore };
}

describe('noise', () => {
  it.each(['at once', 'later'] as const)('is that of its samples, for an engine that asks for it %s', async (when) => {
    const { engine, asked } = askingEngine(when);
    const view = { pixels: new Float32Array(3), tokens: [[1]] };
    await monteCarlo(engine, [view], ['a'], { samples: 5, seed: 7 });
    const rows = [0, 1, 2, 3, 4].map((sample) => ({ image: 'a', sample }));
    const expected = [rows.slice(0, 2), rows.slice(2, 4), rows.slice(4)].flatMap((group) =>
      SITES.map((site) => [...noiseValues(7, group, site, SIZE)]),
    );
    expect(asked).toEqual(expected);
  });

  it('of the next samples is drawn while an engine computes, once', async () => {
    const { engine, drawnBefore } = askingEngine('at once');
    vi.mocked(noiseValues).mockClear();
    await monteCarlo(engine, [{ pixels: new Float32Array(3), tokens: [[1]] }], ['a'], { samples: 6, seed: 7 });
    // By the end of a group, that of the next one is there; the last has none after it.
    expect(drawnBefore).toEqual([4, 6, 6]);
  });
});
