// Sides that prompts name, against masks.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PLACES } from '../prompts/lesions.ts';
import { isOnOtherSide } from './side.ts';

/** A mask of a box in an image of 40x30 pixels. */
const box = (left: number, top: number, right: number, bottom: number) => {
  const [width, height] = [40, 30];
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x >= left && x < right && y >= top && y < bottom ? 1 : 0;
  });
  return { width, height, channels: 1 as const, data };
};

describe('a lesion', () => {
  it.each([
    ['in the right half is not left', box(22, 5, 30, 10), 'left', true],
    ['in the right half is not top left', box(22, 2, 30, 10), 'top left', true],
    ['at the bottom is not top right', box(30, 20, 36, 28), 'top right', true],
    ['that reaches over by a column of fifteen is not left', box(19, 5, 34, 10), 'left', true],
    ['that reaches over by a fifth may be left', box(18, 5, 28, 10), 'left', false],
    ['in the middle third may be left', box(16, 5, 24, 10), 'left', false],
    ['near the middle, but left of it, may be left', box(14, 5, 19, 10), 'left', false],
    ['in a corner may be center', box(0, 0, 4, 4), 'center', false],
    ['that is large and crosses the middle may be left', box(19, 0, 40, 30), 'left', false],
    ['that is large and does not is not left', box(20, 0, 40, 30), 'left', true],
  ] as const)('%s', (_, mask, place, expected) => {
    expect(isOnOtherSide(mask, place)).toBe(expected);
  });

  it('is never on the other side of the place of its center, nor on both', () => {
    const boxes = fc
      .tuple(fc.nat(39), fc.nat(29), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30 }))
      .map(([left, top, width, height]) => ({
        left,
        top,
        right: Math.min(40, left + width),
        bottom: Math.min(30, top + height),
      }));
    fc.assert(
      fc.property(boxes, fc.constantFrom(...PLACES), ({ left, top, right, bottom }, place) => {
        const mask = box(left, top, right, bottom);
        const wrong = isOnOtherSide(mask, place);
        // Where it is wrong, the center of the box is in the other half, and the box is not wrong for the opposite place.
        const across = (left + right) / 2 - 20;
        const down = (top + bottom) / 2 - 15;
        const isOpposite =
          (place.includes('left') && across > 0) ||
          (place.includes('right') && across < 0) ||
          (place.includes('top') && down > 0) ||
          (place.includes('bottom') && down < 0);
        if (wrong) expect(isOpposite).toBe(true);
        for (const [a, b] of [
          ['left', 'right'],
          ['top', 'bottom'],
        ] as const)
          expect(isOnOtherSide(mask, a) && isOnOtherSide(mask, b)).toBe(false);
      }),
    );
  });
});
