import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskSlices } from './mask-volume.ts';
import { encodeNifti, niftiHeader } from './nifti-file.ts';
import { openNiftiVolume } from './nifti-volume.ts';
import { type Affine, displayedGeometry, displayedSlice, type Triple, type Volume } from './volume.ts';

const SHAPE: Triple = [4, 3, 2];
const IDENTITY: Affine = [
  [2, 0, 0, 1],
  [0, 3, 0, 1],
  [0, 0, 4, 1],
];

const open = (shape: Triple, affine: Affine, values: readonly number[], name = 'test'): Volume =>
  openNiftiVolume(encodeNifti(niftiHeader(shape, affine), Uint8Array.from(values)), {
    name,
    window: { center: 127.5, width: 255 },
  });

/** The same voxels stored along other axes, some of them reversed. */
function reordered(axes: readonly number[], reversed: readonly boolean[]): Volume {
  const shape = axes.map((axis) => SHAPE[axis]) as unknown as Triple;
  const values = Array.from({ length: 24 }, (_, i) => {
    const at = [i % shape[0], Math.floor(i / shape[0]) % shape[1], Math.floor(i / shape[0] / shape[1])];
    const place = [0, 0, 0];
    for (const [k, axis] of axes.entries())
      place[axis] = reversed[k] ? (shape[k] as number) - 1 - (at[k] as number) : (at[k] as number);
    return (place[0] as number) + 4 * ((place[1] as number) + 3 * (place[2] as number));
  });
  const affine = IDENTITY.map((row) => [
    ...axes.map((axis, k) => (reversed[k] ? -1 : 1) * (row[axis] as number)),
    row[3],
  ]) as unknown as Affine;
  return open(shape, affine, values, 'mask');
}

describe('masks of volumes', () => {
  const image = open(SHAPE, IDENTITY, [...Array(24).keys()]);

  it('are matched as displayed, however their voxels are stored', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
        fc.constantFrom(0 as const, 1 as const, 2 as const),
        (axes, reversed, axis) => {
          const at = maskSlices(reordered(axes, reversed), image, axis);
          for (let index = 0; index < SHAPE[axis]; index++) {
            const { width, height, data } = displayedSlice(image, axis, index);
            expect(at(index)).toMatchObject({ width, height, kind: 'gray' });
            expect([...at(index).data]).toEqual([...data]);
          }
        },
      ),
    );
  });

  it('of another size, spacing or direction are refused', () => {
    const wider = open([4, 3, 3], IDENTITY, Array(36).fill(0), 'mask');
    expect(() => maskSlices(wider, image, 2)).toThrow('mask: expected a mask of 4x3x2 voxels as displayed, got 4x3x3');
    const coarser = open(SHAPE, [...IDENTITY.slice(0, 2), [0, 0, 5, 1]] as Affine, Array(24).fill(0), 'mask');
    expect(() => maskSlices(coarser, image, 2)).toThrow('the spacing and directions of its image');
  });

  it('and slices have the letters of the patient at their edges, and the distances of displayed pixels', () => {
    expect(displayedGeometry(image, 2)).toEqual({
      spacing: { x: 2, y: 3 },
      edges: { left: 'R', right: 'L', top: 'A', bottom: 'P' },
    });
    expect(displayedGeometry(image, 0)).toEqual({
      spacing: { x: 3, y: 4 },
      edges: { left: 'A', right: 'P', top: 'S', bottom: 'I' },
    });
    expect(displayedGeometry({ shape: SHAPE }, 2)).toEqual({});
  });
});
