// Sentences exchanged for a test of how far they matter.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withSentences } from './sentences.ts';

const samplesOf = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `${i}`, sentence: `s${i}` }));

describe('withSentences', () => {
  it('leaves them as they are, or gives all the same one', () => {
    expect(withSentences(samplesOf(3), { seed: 1 })).toEqual(samplesOf(3));
    expect(withSentences(samplesOf(2), { seed: 1, prompt: 'polyp' }).map(({ sentence }) => sentence)).toEqual([
      'polyp',
      'polyp',
    ]);
  });

  it('shuffled, every image has a sentence, none its own, each is used once, and the seed decides', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), (count, seed) => {
        const samples = samplesOf(count);
        const shuffled = withSentences(samples, { seed, shufflePrompts: true });
        expect(shuffled.map(({ name }) => name)).toEqual(samples.map(({ name }) => name));
        expect(new Set(shuffled.map(({ sentence }) => sentence)).size).toBe(count);
        for (const [i, { sentence }] of shuffled.entries()) expect(sentence).not.toBe(samples[i]?.sentence);
        expect(withSentences(samples, { seed, shufflePrompts: true })).toEqual(shuffled);
      }),
    );
  });
});
