import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeNifti as encodeSource } from '../scans/testing/files.ts';
import { encodeNifti, niftiHeader } from './nifti-file.ts';
import { type NiftiVolumeOptions, openNiftiVolume } from './nifti-volume.ts';
import { type Affine, axisAcross, mapSlices, orientationOf, planeAcross, type Triple } from './volume.ts';

const SHAPE: Triple = [4, 3, 2];

/** Voxels 0 to 23 in a volume whose axes grow in the given directions. */
function volumeOf(affine: Affine, values = Array.from({ length: 24 }, (_, i) => i)) {
  const map = Float32Array.from(values);
  return openNiftiVolume(encodeNifti(niftiHeader(SHAPE, affine), map), {
    name: 'test',
    window: { center: 127.5, width: 255 },
  });
}

const IDENTITY: Affine = [
  [2, 0, 0, 1],
  [0, 2, 0, 1],
  [0, 0, 2, 1],
];
const PSR: Affine = [
  [0, 0, 4, 0],
  [-1, 0, 0, 0],
  [0, 1, 0, 0],
];

/** Signed permutations of the axes with any spacing. */
const affines = fc
  .tuple(
    fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
    fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(-1, 1))),
    fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 1, max: 4 }))),
  )
  .map(([axes, signs, sizes]) =>
    [0, 1, 2].map((row) => [
      ...axes.map((axis, k) => (axis === row ? (signs[k] as number) * (sizes[k] as number) : 0)),
      7 * row,
    ]),
  ) as unknown as fc.Arbitrary<Affine>;

describe('volumes', () => {
  it('return each voxel to its place, along any axis of any orientation', async () => {
    await fc.assert(
      fc.asyncProperty(affines, fc.constantFrom(0 as const, 1 as const, 2 as const), async (affine, axis) => {
        const volume = volumeOf(affine);
        const { gray } = await mapSlices(volume, { axis, backgrounds: { gray: 0 } }, async ({ data }) => ({
          gray: data,
        }));
        expect([...gray]).toEqual(Array.from({ length: 24 }, (_, i) => i));
        expect(volume.voxelVolume).toBeCloseTo((volume.spacing as Triple).reduce((a, b) => a * b, 1));
      }),
    );
  });

  it('are shown in radiological convention', async () => {
    const shown: number[][] = [];
    await mapSlices(
      volumeOf(IDENTITY),
      { axis: 2, ranges: [{ from: 0, to: 1 }], backgrounds: { gray: 0 } },
      async ({ data }) => {
        shown.push([...data]);
        return { gray: data };
      },
    );
    // The first voxel is the most right, posterior one: at the bottom right.
    expect(shown).toEqual([[11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]]);
  });

  it('are cut across the axis with the largest spacing, and name their planes', () => {
    const volume = volumeOf(PSR);
    expect(orientationOf(volume)).toBe('PSR');
    expect(volume.acquisitionAxis).toBe(2);
    expect([0, 1, 2].map((axis) => planeAcross(volume, axis as 0 | 1 | 2))).toEqual(['coronal', 'axial', 'sagittal']);
    expect(axisAcross(volume, 'axial')).toBe(1);
    expect(volumeOf(IDENTITY).acquisitionAxis).toBe(2);
  });

  it('keep the background in slices that are not asked for, and refuse slices that they do not have', async () => {
    const volume = volumeOf(IDENTITY);
    const options = { axis: 2 as const, backgrounds: { mask: 0, probability: Number.NaN } };
    const one = async ({ data }: { data: Uint8Array }) => ({
      mask: data.map(() => 1),
      probability: new Float32Array(data.length),
    });
    const maps = await mapSlices(volume, { ...options, ranges: [{ from: 1, to: 2 }] }, one);
    expect([...maps.mask]).toEqual([...Array(12).fill(0), ...Array(12).fill(1)]);
    expect([...maps.probability].map(Number.isNaN)).toEqual([...Array(12).fill(true), ...Array(12).fill(false)]);
    await expect(mapSlices(volume, { ...options, ranges: [{ from: 1, to: 3 }] }, one)).rejects.toThrow(
      'slices of test: expected a range within 0:2, got 1:3',
    );
  });

  it('have one window: the option, the header, or the percentiles of all voxels', () => {
    const spacing = [1, 1, 1] as const;
    const dimensions = [...SHAPE];
    const values = Float32Array.from({ length: 24 }, (_, i) => i + 0.5);
    const windowOf = (
      options: Partial<NiftiVolumeOptions>,
      { voxels = values, window }: { voxels?: Float32Array; window?: readonly [number, number] } = {},
    ) => {
      const source = { dimensions, spacing, type: 16, bitsPerVoxel: 32, window, values: new Uint8Array(voxels.buffer) };
      return openNiftiVolume(encodeSource(source), { name: 'test', ...options }).window;
    };
    expect(windowOf({ window: { center: 10, width: 4 } })).toEqual({ source: 'option', low: 8, high: 12 });
    expect(windowOf({}, { window: [2, 9] })).toEqual({ source: 'file', low: 2, high: 9 });
    expect(windowOf({})).toEqual({ source: 'percentiles', low: 0.5, high: 23.5 });
    const hounsfield = Float32Array.from({ length: 24 }, (_, i) => (i === 0 ? -1024 : i === 1 ? 1200 : 40));
    expect(() => windowOf({}, { voxels: hounsfield })).toThrow(/a window for CT, got values that look like Hounsfield/);
    expect(windowOf({ window: { center: 40, width: 400 } }, { voxels: hounsfield })?.source).toBe('option');
    const volume = volumeOf(IDENTITY);
    expect(volume.through?.({ center: 10, width: 4 }).window).toEqual({ source: 'option', low: 8, high: 12 });
    expect([...(volume.storedValues?.(2, 1) ?? [])]).toEqual(Array.from({ length: 12 }, (_, i) => 12 + i));
  });
});

describe('NIfTI files', () => {
  it('need as many voxels as their header says', () => {
    expect(() => encodeNifti(niftiHeader(SHAPE, IDENTITY), new Uint8Array(23))).toThrow('map: expected 24 voxels');
  });

  it('have no quaternion where axes are sheared', () => {
    const code = (affine: Affine) => new DataView(niftiHeader(SHAPE, affine).bytes.buffer).getInt16(252, true);
    expect(code(IDENTITY)).toBe(1);
    expect(code([[1, 0, 0.3, 0], ...IDENTITY.slice(1)] as unknown as Affine)).toBe(0);
  });
});
