// Prompts exchanged for a test of how far they matter.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withPrompts } from './prompts.ts';

const samplesOf = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `${i}`, prompt: `s${i}` }));

describe('withPrompts', () => {
  it('leaves them as they are, or gives all the same one', () => {
    expect(withPrompts(samplesOf(3), { seed: 1 })).toEqual(samplesOf(3));
    expect(withPrompts(samplesOf(2), { seed: 1, prompt: 'polyp' }).map(({ prompt }) => prompt)).toEqual([
      'polyp',
      'polyp',
    ]);
  });

  it('shuffled, every image has a prompt, none its own, each is used once, and the seed decides', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), (count, seed) => {
        const samples = samplesOf(count);
        const shuffled = withPrompts(samples, { seed, shufflePrompts: true });
        expect(shuffled.map(({ name }) => name)).toEqual(samples.map(({ name }) => name));
        expect(new Set(shuffled.map(({ prompt }) => prompt)).size).toBe(count);
        for (const [i, { prompt }] of shuffled.entries()) expect(prompt).not.toBe(samples[i]?.prompt);
        expect(withPrompts(samples, { seed, shufflePrompts: true })).toEqual(shuffled);
      }),
    );
  });
});
