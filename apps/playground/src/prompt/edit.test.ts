// Suggestions change what a prompt says, one thing at a time.
import { drawPhantom, MODALITIES, placesIn } from '@medclipseg/datasets';
import { describe, expect, it } from 'vitest';
import { togglePlace, withWord, wordOf } from './edit.ts';
import { KINDS, PLACES } from './words.ts';

const prompt = 'one small pink polyp, located in top left of the image';

describe('a word of a prompt', () => {
  it('is found by what it says', () => {
    expect(KINDS.map((kind) => wordOf(prompt, kind))).toEqual(['one', 'small', 'pink', 'polyp']);
    expect(wordOf('Two brown skin lesions', 'finding')).toBe('skin lesion');
    expect(wordOf('polyp visible', 'size')).toBeUndefined();
  });

  it('is replaced where it stands, taken out, or put in where it belongs', () => {
    expect(withWord(prompt, 'size', 'large')).toBe('one large pink polyp, located in top left of the image');
    expect(withWord(prompt, 'appearance', undefined)).toBe('one small polyp, located in top left of the image');
    expect(withWord('one polyp in the image', 'appearance', 'red')).toBe('one red polyp in the image');
    expect(withWord('one polyp in the image', 'size', 'small')).toBe('one small polyp in the image');
    expect(withWord('polyp visible', 'count', 'two')).toBe('two polyp visible');
    expect(withWord('', 'finding', 'tumor')).toBe('tumor');
  });

  it('leaves the other words as they were written', () => {
    const own = 'Please find ONE strange bump, in the upper right';
    expect(withWord(own, 'count', 'two')).toBe('Please find two strange bump, in the upper right');
    // "right" of a place is no word of another kind, nor is "no" within "nodule".
    expect(wordOf('nodule in the right', 'count')).toBeUndefined();
  });
});

describe('a place', () => {
  it('is added, joined by others in reading order, and taken out', () => {
    const added = togglePlace('one small polyp', 'bottom');
    expect(added).toBe('one small polyp, located in bottom of the image');
    const both = togglePlace(added, 'top left');
    expect(both).toBe('one small polyp, located in top left, bottom of the image');
    expect(togglePlace(togglePlace(both, 'bottom'), 'top left')).toBe('one small polyp');
  });

  it('takes the place of other wordings and keeps the full stop', () => {
    expect(togglePlace('A polyp in the upper left.', 'top left')).toBe('A polyp.');
    expect(togglePlace('A polyp at the center of the picture.', 'right')).toBe(
      'A polyp, located in center, right of the image.',
    );
  });

  it('of every drawn prompt can be toggled away and back', () => {
    for (const modality of MODALITIES)
      for (let seed = 0; seed < 4; seed++) {
        const drawn = drawPhantom({ modality, seed, size: 48 }).prompt;
        for (const place of PLACES) {
          const before = new Set(placesIn(drawn));
          const once = togglePlace(drawn, place);
          expect(new Set(placesIn(once)).has(place)).toBe(!before.has(place));
          expect(new Set(placesIn(togglePlace(once, place)))).toEqual(before);
        }
      }
  });
});
