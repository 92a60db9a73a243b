import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RasterImage } from '../images/raster.ts';
import { distinctions } from './ask.ts';
import {
  findLesions,
  LESION_THRESHOLDS,
  PLACES,
  placeOf,
  SHAPES,
  SIZES,
  type Size,
  shapeOf,
  sizeOf,
} from './lesions.ts';
import { claimsNoLesion, placesIn } from './read.ts';
import { WORDINGS } from './wordings.ts';
import { writePrompts } from './write.ts';

const SIDE = 120;

/** A mask of the points of the unit square for which one of the tests holds. */
const maskOf = (...inside: ((x: number, y: number) => boolean)[]): RasterImage => ({
  width: SIDE,
  height: SIDE,
  channels: 1,
  data: Uint8Array.from({ length: SIDE * SIDE }, (_, k) => {
    const [x, y] = [((k % SIDE) + 0.5) / SIDE, (Math.floor(k / SIDE) + 0.5) / SIDE];
    return inside.some((test) => test(x, y)) ? 255 : 0;
  }),
});

const ellipse =
  (cx: number, cy: number, a: number, b: number, angle = 0) =>
  (x: number, y: number) => {
    const [dx, dy] = [x - cx, y - cy];
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return Math.hypot((cos * dx + sin * dy) / a, (cos * dy - sin * dx) / b) <= 1;
  };

describe('lesions', () => {
  it('of a disk have its area, box, place and shape', () => {
    const [disk, ...others] = findLesions(maskOf(ellipse(0.5, 0.2, 0.1, 0.1)));
    expect(others).toEqual([]);
    expect(disk?.area).toBeCloseTo(Math.PI * 0.01, 3);
    expect(disk?.box.left).toBeCloseTo(0.4, 2);
    expect(disk).toMatchObject({ place: 'top', size: 'small', shape: 'round' });
    expect(disk?.elongation).toBeCloseTo(1, 1);
  });

  it('have the ratio of the axes, whatever the angle of the ellipse', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: Math.PI, noNaN: true }),
        fc.double({ min: 1, max: 3.5, noNaN: true }),
        (angle, ratio) => {
          const [found] = findLesions(maskOf(ellipse(0.5, 0.5, 0.1 * ratio, 0.1, angle)));
          expect(Math.abs((found?.elongation ?? 0) / ratio - 1)).toBeLessThan(0.04);
          expect(found?.solidity).toBeGreaterThan(LESION_THRESHOLDS.irregular);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('with a concave outline are irregular', () => {
    const [cross] = findLesions(
      maskOf(
        (x, y) => Math.abs(x - 0.5) < 0.05 && Math.abs(y - 0.5) < 0.2,
        (x, y) => Math.abs(y - 0.5) < 0.05 && Math.abs(x - 0.5) < 0.2,
      ),
    );
    expect(cross?.shape).toBe('irregular');
  });

  it('come in reading order, without specks, and joined where components touch at a corner', () => {
    const found = findLesions(
      maskOf(ellipse(0.8, 0.8, 0.05, 0.05), ellipse(0.2, 0.2, 0.05, 0.05), (x, y) => x < 0.01 && y > 0.99),
    );
    expect(found.map(({ place }) => place)).toEqual(['top left', 'bottom right']);
    const corner = maskOf((x, y) => (x < 0.5 && y < 0.5) || (x > 0.5 && y > 0.5));
    expect(findLesions(corner)).toHaveLength(1);
  });

  it('an empty mask has none', () => {
    expect(findLesions(maskOf())).toEqual([]);
  });

  it('words change at the documented thresholds', () => {
    expect([LESION_THRESHOLDS.medium - 1e-9, LESION_THRESHOLDS.medium, LESION_THRESHOLDS.large].map(sizeOf)).toEqual([
      ...SIZES,
    ]);
    const shapes = [1.29, 1.31, 2.21].map((elongation) => shapeOf({ elongation, solidity: 0.95 }));
    expect([...shapes, shapeOf({ elongation: 1, solidity: 0.89 })]).toEqual([...SHAPES]);
    const centers = [1 / 6, 1 / 2, 5 / 6];
    expect(centers.flatMap((y) => centers.map((x) => placeOf(x, y)))).toEqual([...PLACES]);
    expect(placeOf(1, 1)).toBe('bottom right');
  });
});

describe('prompts', () => {
  const one = { size: 'small', place: 'top left', shape: 'round' } as const;
  const two = { size: 'medium', place: 'bottom', shape: 'oval' } as const;

  it('are written as the published ones', () => {
    expect(writePrompts({ lesions: [one], appearance: 'pink' }, WORDINGS.endoscopy)).toEqual({
      original: 'one small pink round polyp, located in top left of the image',
      missing_location: 'one small pink round polyp in the image',
      underdescriptive: 'Polyp visible.',
      overdescriptive:
        'An endoscopic image reveals a clearly visible small, pink, round polyp located in the top left region of the colon, surrounded by minor mucosal irregularities and vascular patterns.',
      contradictory:
        'Pink round polyp detected in the top left, but colon mucosa appears completely normal and healthy.',
    });
  });

  it('list the sizes, shapes and places of several lesions', () => {
    const { original, overdescriptive } = writePrompts({ lesions: [one, two, one] }, WORDINGS.xray);
    expect(original).toBe(
      'three small, medium round, oval opacity, located in top left, bottom, top left of the image',
    );
    expect(overdescriptive).toContain('three clearly visible small, medium, round, oval opacities located in the');
  });

  it('say that there is no lesion', () => {
    const prompts = writePrompts({ lesions: [] }, WORDINGS.mri);
    expect(prompts.original).toBe('no tumor in the image');
    for (const prompt of Object.values(prompts)) {
      expect(claimsNoLesion(prompt)).toBe(true);
      expect(placesIn(prompt)).toEqual([]);
    }
  });

  it('are parsed back to the places that were written', () => {
    const lesion = fc.record({
      size: fc.constantFrom(...SIZES),
      place: fc.constantFrom(...PLACES),
      shape: fc.constantFrom(...SHAPES),
    });
    fc.assert(
      fc.property(
        fc.array(lesion, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...Object.values(WORDINGS)),
        (list, wording) => {
          const prompts = writePrompts({ lesions: list }, wording);
          const places = list.map(({ place }) => place);
          for (const design of ['original', 'overdescriptive', 'contradictory'] as const)
            expect(placesIn(prompts[design])).toEqual(places);
          for (const design of ['missing_location', 'underdescriptive'] as const)
            expect(placesIn(prompts[design])).toEqual([]);
          expect(claimsNoLesion(prompts.original)).toBe(false);
        },
      ),
    );
  });
});

describe('places', () => {
  it.each([
    ['One small tumor at the top right in the breast ultrasound image.', ['top right']],
    ['A benign growth is visible in the upper portion of the breast tissue.', ['top']],
    ['a meningioma tumor in the center left region', ['left']],
    ['a tumor centered in the bottom-left region', ['bottom left']],
    ['a lesion in the Lower Center area', ['bottom']],
    ['Bilateral pulmonary infection of all left lung and upper right lung', []],
    ['one medium pink middle of donut polyp, located in right of the image', ['right']],
    ['located in the middle of the image', ['center']],
  ])('of “%s”', (prompt, places) => {
    expect(placesIn(prompt)).toEqual(places);
  });
});

describe('what sets a lesion apart', () => {
  const lesion = (size: Size, area?: number) => ({ size, area, place: 'left', shape: 'round' }) as const;

  it('is its size where the areas differ by half at least', () => {
    const [small, medium] = [lesion('small', 0.08), lesion('medium', 0.13)];
    expect(distinctions([small, medium], 0)).toEqual(['size']);
    expect(distinctions([small, medium], 1)).toEqual(['size']);
    expect(distinctions([small, medium, lesion('large', 0.31)], 1)).toEqual(['size']);
  });

  it('is not its size where words differ and areas hardly do', () => {
    const lesions = [lesion('small', 0.08), lesion('medium', 0.085), lesion('small', 0.02)];
    expect(lesions.map((_, i) => distinctions(lesions, i))).toEqual([[], [], []]);
  });

  it('is its size by words alone where areas are unknown', () => {
    expect(distinctions([lesion('small'), lesion('medium')], 0)).toEqual(['size']);
  });
});
