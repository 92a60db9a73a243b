import { describe, expect, it } from 'vitest';
import { prose, read } from './repository.ts';
import { usesOf } from './words.ts';

describe('wording', () => {
  it('finds words of the list, also inside identifiers, and accepts true uses', () => {
    expect(usesOf('a.ts', 'const myColour = 1; // lies beside it\nimage.toColourspace()')).toEqual([
      "a.ts:1: 'beside' (write: next to, or rewrite)",
      "a.ts:1: 'lies' (write: is, is in)",
      "a.ts:1: 'Colour' (write: color)",
    ]);
  });

  it('is plain American technical English', () => {
    expect(prose.length).toBeGreaterThan(500);
    expect(prose.flatMap((path) => usesOf(path, read(path)))).toEqual([]);
  });
});
