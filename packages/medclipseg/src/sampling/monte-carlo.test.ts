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

describe('an engine on other threads', () => {
  /** Records what happens; sample `failing` fails. */
  function queueingEngine(failing?: number) {
    const events: string[] = [];
    let next = 0;
    const sample = async () => {
      const id = next++;
      events.push(`ask ${id}`);
      await task();
      await task();
      events.push(`end ${id}`);
      if (id === failing) throw new Error(`sample ${id}`);
      return Float32Array.of(id % 2);
    };
    const engine = {
      config: { vision: { imageSize: 1 } },
      queues: true,
      fold: () => 1,
      start: async () => ({ sample, dispose: () => events.push('dispose') }),
    } as unknown as Engine;
    return { engine, events };
  }
  const view = { pixels: new Float32Array(3), tokens: [[1]] };

  it('has the next samples before those before them are averaged', async () => {
    const { engine, events } = queueingEngine();
    const onSample = (done: number) => events.push(`averaged ${done}`);
    const [estimate] = await monteCarlo(engine, [view], ['a'], { samples: 3, onSample });
    expect(estimate?.probability).toEqual(Float32Array.of(1 / 3));
    const at = (event: string) => events.indexOf(event);
    for (const id of [0, 1]) expect(at(`ask ${id + 1}`)).toBeLessThan(at(`averaged ${id + 1}`));
    expect(events.filter((event) => event.startsWith('ask'))).toHaveLength(3);
    expect(events.at(-1)).toBe('dispose');
  });

  it('gets no samples that a stop rule may make needless', async () => {
    const { engine, events } = queueingEngine();
    const stopWhen = { standardError: 1, minimum: 2 };
    const [estimate] = await monteCarlo(engine, [view], ['a'], { samples: 9, stopWhen });
    expect(estimate?.samples).toBe(2);
    expect(events.filter((event) => event.startsWith('ask'))).toHaveLength(2);
  });

  it.each([0, 1])('ends its samples before it is released, also if sample %i fails', async (failing) => {
    const { engine, events } = queueingEngine(failing);
    await expect(monteCarlo(engine, [view], ['a'], { samples: 4 })).rejects.toThrow(`sample ${failing}`);
    const asked = events.filter((event) => event.startsWith('ask')).length;
    expect(events.filter((event) => event.startsWith('end'))).toHaveLength(asked);
    expect(events.at(-1)).toBe('dispose');
  });
});
