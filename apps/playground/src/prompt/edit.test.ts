// Suggestions edit one property of a prompt at a time.
import { drawPhantom, MODALITIES, PLACES, placesIn } from '@medclipseg/datasets';
import { describe, expect, it } from 'vitest';
import { PROPERTIES, togglePlace, withWord, wordOf } from './edit.ts';

const prompt = 'one small pink polyp, located in top left of the image';

describe('a word in a prompt', () => {
  it('is found by the property it states', () => {
    expect(PROPERTIES.map((property) => wordOf(prompt, property))).toEqual(['one', 'small', 'pink', 'polyp']);
    expect(wordOf('Two brown skin lesions', 'lesion')).toBe('skin lesion');
    expect(wordOf('polyp visible', 'size')).toBeUndefined();
    expect(wordOf('a Gray nodule', 'appearance')).toBe('gray');
  });

  it('is replaced in place, removed, or inserted in the right position', () => {
    expect(withWord(prompt, 'size', 'large')).toBe('one large pink polyp, located in top left of the image');
    expect(withWord(prompt, 'appearance', undefined)).toBe('one small polyp, located in top left of the image');
    expect(withWord('one polyp in the image', 'appearance', 'red')).toBe('one red polyp in the image');
    expect(withWord('one polyp in the image', 'size', 'small')).toBe('one small polyp in the image');
    expect(withWord('polyp visible', 'count', 'two')).toBe('two polyp visible');
    expect(withWord('', 'lesion', 'tumor')).toBe('tumor');
  });

  it('leaves all other words unchanged', () => {
    const own = 'Please find ONE strange bump, in the upper right';
    expect(withWord(own, 'count', 'two')).toBe('Please find two strange bump, in the upper right');
    // "right" in a place clause states no other property, and neither does "no" within "nodule".
    expect(wordOf('nodule in the right', 'count')).toBeUndefined();
  });
});

describe('a place', () => {
  it('is added, listed in reading order, and removed', () => {
    const added = togglePlace('one small polyp', 'bottom');
    expect(added).toBe('one small polyp, located in bottom of the image');
    const both = togglePlace(added, 'top left');
    expect(both).toBe('one small polyp, located in top left, bottom of the image');
    expect(togglePlace(togglePlace(both, 'bottom'), 'top left')).toBe('one small polyp');
  });

  it('replaces other wordings and keeps the final period', () => {
    expect(togglePlace('A polyp in the upper left.', 'top left')).toBe('A polyp.');
    expect(togglePlace('A polyp at the center of the frame.', 'right')).toBe(
      'A polyp, located in center, right of the image.',
    );
  });

  it('in every phantom’s prompt can be toggled off and on', () => {
    for (const modality of MODALITIES)
      for (let seed = 0; seed < 4; seed++) {
        const own = drawPhantom({ modality, seed, size: 48 }).prompt;
        for (const place of PLACES) {
          const before = new Set(placesIn(own));
          const once = togglePlace(own, place);
          expect(new Set(placesIn(once)).has(place)).toBe(!before.has(place));
          expect(new Set(placesIn(togglePlace(once, place)))).toEqual(before);
        }
      }
  });
});
