// NIfTI slices: types, headers, pairs, volumes, orientation and back, and refusals that say what to do.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeImage, readImage } from '../images/decode-node.ts';
import type { DecodeOptions } from '../images/decoder.ts';
import { describeImage } from '../images/describe.ts';
import { type SliceOrder, toFileOrder } from './orientation.ts';
import { encodeNifti, encodeNifti2, type NiftiVolume, words } from './testing/files.ts';

const gray = async (bytes: Uint8Array, page?: number, options: DecodeOptions = {}) => [
  ...(await decodeImage(bytes, { as: 'gray', page, ...options })).data,
];
const volume = { dimensions: [2, 3, 2], values: [0, 100, 200, 300, 400, 500, 500, 400, 300, 200, 100, 0] };
const full = [0, 51, 102, 153, 204, 255];

describe('NIfTI', () => {
  it('a slice of a volume, gzipped or not', async () => {
    for (const bytes of [
      encodeNifti(volume),
      gzipSync(encodeNifti(volume)),
      encodeNifti2(volume),
      encodeNifti2(volume, true),
    ]) {
      expect(await decodeImage(bytes, { as: 'gray', page: 1 })).toEqual({
        width: 2,
        height: 3,
        channels: 1,
        data: Uint8Array.from([255, 204, 153, 102, 51, 0]),
      });
      await expect(decodeImage(bytes)).rejects.toThrow(
        'expected a choice of one of its 2 pages (page 0 to 1), got none',
      );
    }
  });

  it('rescaled and through the window of its header, or the one asked for', async () => {
    const bytes = encodeNifti({ ...volume, slope: 2, intercept: -100, window: [100, 610] });
    const shown = [-100, 100, 300, 500, 700, 900].map((v) => Math.min(255, Math.max(0, Math.round((v - 100) / 2))));
    expect(await gray(bytes, 0)).toEqual(shown);
    expect(await gray(bytes, 0, { window: { center: 400, width: 1020 } })).toEqual(
      [-100, 100, 300, 500, 700, 900].map((v) => Math.min(255, Math.max(0, Math.round((v + 110) / 4)))),
    );
  });

  it.each([
    ['a slope of 0', { slope: 0, intercept: 7 }],
    ['a slope that is no number', { slope: Number.NaN, intercept: 7 }],
    ['an infinite slope', { slope: Infinity, intercept: 7 }],
    ['an infinite intercept', { slope: 3, intercept: -Infinity }],
  ])('%s rescales nothing', async (_, scaling) => {
    const bytes = encodeNifti({ ...volume, ...scaling, window: [0, 500] });
    expect(await gray(bytes, 0)).toEqual(full);
  });

  it('without a window leaves out the outliers of the slice', async () => {
    const values = Array.from({ length: 200 }, (_, i) => (i === 0 ? 30_000 : i));
    const pixels = await gray(encodeNifti({ dimensions: [20, 10], values }));
    expect(pixels[0]).toBe(255);
    expect(pixels[100]).toBeGreaterThan(120);
  });

  it('reads every type of number', async () => {
    const six = [0, 1, 2, 3, 4, 5];
    const bytesOf = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer as ArrayBuffer);
    const types: [number, Uint8Array][] = [
      [2, Uint8Array.from(six)],
      [4, bytesOf(Int16Array.from(six))],
      [8, bytesOf(Int32Array.from(six))],
      [16, bytesOf(Float32Array.from(six))],
      [64, bytesOf(Float64Array.from(six))],
      [256, bytesOf(Int8Array.from(six))],
      [512, bytesOf(Uint16Array.from(six))],
      [768, bytesOf(Uint32Array.from(six))],
      [1024, bytesOf(BigInt64Array.from(six.map(BigInt)))],
      [1280, bytesOf(BigUint64Array.from(six.map(BigInt)))],
    ];
    for (const [type, values] of types)
      expect(await gray(encodeNifti({ dimensions: [3, 2], type, values }))).toEqual(full);
  });

  it('reads RGB and RGBA, without alpha', async () => {
    const rgb = [9, 8, 7, 200, 100, 50];
    const one = encodeNifti({ dimensions: [2, 1], type: 128, values: Uint8Array.from(rgb) });
    expect([...(await decodeImage(one)).data]).toEqual(rgb);
    const two = encodeNifti({
      dimensions: [2, 1],
      type: 2304,
      values: Uint8Array.from([9, 8, 7, 0, 200, 100, 50, 255]),
    });
    expect([...(await decodeImage(two)).data]).toEqual(rgb);
  });

  it('skips extensions of any length, in both versions, and reads an offset of 0 as the end of the header', async () => {
    for (const length of [16, 3200]) {
      const extension = new Uint8Array(length).fill(7);
      expect(await gray(encodeNifti({ ...volume, extension }), 0)).toEqual(full);
      expect(await gray(gzipSync(encodeNifti2({ ...volume, extension })), 0)).toEqual(full);
    }
    expect(await gray(encodeNifti({ ...volume, offset: 0 }), 0)).toEqual(full);
  });

  it('of four dimensions reads the volume asked for', async () => {
    const four = encodeNifti({ ...volume, dimensions: [2, 3, 1, 2] });
    expect(await gray(four, 0, { volume: 1 })).toEqual([...full].reverse());
    await expect(decodeImage(four, { name: 'f.nii' })).rejects.toThrow(
      'f.nii: expected a choice of one of its 2 volumes (volume 0 to 1), got none.',
    );
    await expect(decodeImage(four, { volume: 2 })).rejects.toThrow('expected volume 0 to 1, got volume 2');
    expect(await describeImage(four)).toMatchObject({ pages: 1, volumes: 2 });
  });

  it('reads the voxels of a pair from its second file, gzipped or not', async () => {
    const header = encodeNifti({ ...volume, magic: 'ni1', offset: 0, values: [] });
    for (const voxels of [words(volume.values), gzipSync(words(volume.values))])
      expect(await gray(header, 0, { voxels })).toEqual(full);
    await expect(decodeImage(header, { page: 0 })).rejects.toThrow(
      /got a header whose voxels are in an \.img file\. Give both/,
    );
  });

  it('of a pair on disk either file may be named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pair-'));
    await writeFile(join(folder, 'a.hdr'), encodeNifti({ ...volume, magic: 'ni1', offset: 0, values: [] }));
    await writeFile(join(folder, 'a.img.gz'), gzipSync(words(volume.values)));
    for (const name of ['a.hdr', 'a.img.gz'])
      expect([...(await readImage(join(folder, name), 'gray', { page: 0 })).data]).toEqual(full);
    await rm(folder, { recursive: true });
  });

  it('takes lengths without a unit for millimeters and says so', async () => {
    const unknown = encodeNifti({ ...volume, spacing: [0.5, 2, 4] });
    expect(await describeImage(unknown)).toMatchObject({
      spacing: { x: 0.5, y: 2 },
      pixelAspect: 4,
      notes: [expect.stringMatching(/millimeters are assumed/), expect.stringMatching(/shown as stored/)],
    });
    const microns = await describeImage(encodeNifti({ ...volume, spacing: [500, 500, 1], units: 3 }));
    expect(microns.spacing).toEqual({ x: 0.5, y: 0.5 });
    expect(microns.pixelAspect).toBeUndefined();
  });

  const nothing = Float32Array.from({ length: 6 }, (_, i) => (i % 2 ? Number.NaN : Infinity));
  it.each([
    ['cut short', encodeNifti(volume).subarray(0, 360), 0, /expected 364 bytes, got 360\. Copy the file again/],
    ['gzipped and cut short', gzipSync(encodeNifti(volume)).subarray(0, 60), 0, /damaged/],
    [
      'of five dimensions',
      encodeNifti({ ...volume, dimensions: [2, 3, 1, 1, 2] }),
      0,
      /expected a volume of two to four dimensions, got dimensions 2x3x1x1x2/,
    ],
    ['of no width', encodeNifti({ ...volume, dimensions: [0, 3, 2] }), 0, /got dimensions 0x3x2/],
    [
      'that unpacks to more than fits',
      gzipSync(encodeNifti({ dimensions: [7000, 7000, 120], values: [] })),
      89,
      /expected at most 1073741824 bytes of unpacked voxels, got 11760000352\. Unpack/,
    ],
    [
      'that is another gzipped file',
      gzipSync(Buffer.from('text')),
      0,
      /expected a NIfTI volume, got a gzipped file of another kind/,
    ],
    [
      'without a number in it',
      encodeNifti({ dimensions: [3, 2], type: 16, values: new Uint8Array(nothing.buffer) }),
      0,
      /expected values that are numbers, got a slice of 6/,
    ],
    [
      'of complex numbers',
      encodeNifti({ dimensions: [1, 1], type: 32, values: new Uint8Array(8) }),
      0,
      /got complex numbers/,
    ],
    [
      'of an unknown type',
      encodeNifti({ dimensions: [1, 1], type: 77, values: new Uint8Array(8) }),
      0,
      /got NIfTI data type 77/,
    ],
    [
      'whose voxels begin in its header',
      encodeNifti({ ...volume, offset: 300 }),
      0,
      /expected voxels from byte 352 on, got voxels from byte 300/,
    ],
  ])('a volume %s is refused', async (_, bytes, page, reason) => {
    await expect(decodeImage(bytes, { page })).rejects.toThrow(reason);
  });

  it('damage anywhere in a gzipped volume refuses every slice, the first too', async () => {
    const whole = gzipSync(
      encodeNifti({ dimensions: [8, 8, 4], values: Array.from({ length: 256 }, (_, i) => (i * 37) % 199) }),
    );
    const damaged = Uint8Array.from(whole);
    damaged[whole.length - 20] = (damaged[whole.length - 20] as number) ^ 255;
    await expect(decodeImage(damaged, { page: 0 })).rejects.toThrow(/damaged data/);
    for (const page of [0, 3]) await decodeImage(whole, { page });
  });
});

describe('orientation', () => {
  // Values are coordinates: 100 per step to the right, 10 per step anterior, 1 per step superior, on a grid of 3x4x2.
  const extent = [3, 4, 2] as const;
  const measured = (x: number, y: number, z: number) => 100 * x + 10 * y + z;

  /** The same patient on another grid: axis k of the file runs along anatomical axis `axes[k]`, backwards where the sign is -1. */
  function onGrid(axes: readonly number[], signs: readonly number[]): NiftiVolume {
    const dimensions = axes.map((axis) => extent[axis] as number);
    const values: number[] = [];
    for (let k = 0; k < (dimensions[2] as number); k++)
      for (let j = 0; j < (dimensions[1] as number); j++)
        for (let i = 0; i < (dimensions[0] as number); i++) {
          const place = [0, 0, 0];
          [i, j, k].forEach((index, n) => {
            const [axis, size] = [axes[n] as number, dimensions[n] as number];
            place[axis] = (signs[n] as number) > 0 ? index : size - 1 - index;
          });
          values.push(measured(...(place as [number, number, number])));
        }
    const sform = [0, 1, 2].flatMap((axis) => [...axes.map((a, n) => (a === axis ? 2 * (signs[n] as number) : 0)), -5]);
    return { dimensions, values, sform, window: [0, 255], units: 2 };
  }

  const signs = [-1, 1].flatMap((a) => [-1, 1].flatMap((b) => [-1, 1].map((c) => [a, b, c] as const)));

  it('axial slices have the patient’s right on the left and anterior at the top, whatever the affine', async () => {
    const expected = [3, 2, 1, 0].flatMap((y) => [2, 1, 0].map((x) => measured(x, y, 0)));
    for (const axes of [
      [0, 1, 2],
      [1, 0, 2],
    ])
      for (const sign of signs) {
        const file = onGrid(axes, sign);
        const page = sign[2] > 0 ? 0 : 1;
        const image = await decodeImage(encodeNifti(file), { as: 'gray', page });
        expect([image.width, image.height]).toEqual([3, 4]);
        expect([...image.data]).toEqual(expected);
      }
  });

  it('coronal and sagittal slices have superior at the top; sagittal ones anterior on the left', async () => {
    const coronal = [1, 0].flatMap((z) => [2, 1, 0].map((x) => measured(x, 1, z)));
    const sagittal = [1, 0].flatMap((z) => [3, 2, 1, 0].map((y) => measured(1, y, z)));
    for (const sign of signs) {
      const page = sign[2] > 0 ? 1 : 2;
      expect(await gray(encodeNifti(onGrid([0, 2, 1], sign)), page)).toEqual(coronal);
      expect(await gray(encodeNifti(onGrid([2, 1, 0], sign)), 1)).toEqual(sagittal);
    }
  });

  it('by the quaternion where there is no sform; oblique volumes by the closest axes', async () => {
    const plain = onGrid([0, 1, 2], [1, 1, 1]);
    const { sform: _, ...file } = plain;
    const expected = await gray(encodeNifti(plain), 0);
    expect(await gray(encodeNifti({ ...file, qform: [0, 0, 0, 1] }), 0)).toEqual(expected);
    // Half a turn around the third axis: to the left and posterior.
    const turned = onGrid([0, 1, 2], [-1, -1, 1]);
    expect(await gray(encodeNifti({ ...turned, sform: undefined, qform: [0, 0, 1, 1] }), 0)).toEqual(expected);
    // The third axis mirrored.
    const mirrored = onGrid([0, 1, 2], [1, 1, -1]);
    expect(await gray(encodeNifti({ ...mirrored, sform: undefined, qform: [0, 0, 0, -1] }), 1)).toEqual(expected);
    const oblique = [1.9, 0.5, 0.1, 3, -0.5, 1.9, 0.2, 4, 0, -0.2, 2, 5];
    expect(await gray(encodeNifti({ ...plain, sform: oblique }), 0)).toEqual(expected);
  });

  it('is as stored where the file does not define it: no affine, or a bare identity without units', async () => {
    const { sform: _, units: __, ...file } = onGrid([0, 1, 2], [1, 1, 1]);
    const stored = file.values.slice(0, 12);
    const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
    for (const sform of [undefined, identity]) {
      const bytes = encodeNifti({ ...file, sform });
      expect(await gray(bytes, 0)).toEqual([...stored]);
      expect((await describeImage(bytes)).notes?.join()).toMatch(/does not define the orientation/);
      const warnings: string[] = [];
      await decodeImage(bytes, { page: 0, name: 'a.nii', onWarning: (message) => warnings.push(message) });
      expect(warnings).toContainEqual(expect.stringMatching(/^a\.nii: .*shown as stored/));
      expect(warnings).toContain('a.nii: The file names no unit of length: millimeters are assumed.');
    }
    const withUnits = encodeNifti({ ...file, sform: identity, units: 2 });
    expect(await gray(withUnits, 0)).toEqual([...stored].reverse());
    expect((await describeImage(withUnits)).notes).toBeUndefined();
  });

  it('spacing turns with the slice', async () => {
    const file = { ...onGrid([1, 0, 2], [1, 1, 1]), spacing: [0.5, 2, 3] as const };
    expect((await describeImage(encodeNifti(file))).spacing).toEqual({ x: 2, y: 0.5 });
  });

  it('results go back into the order of the file', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom([0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 0, 1], [1, 2, 0], [2, 1, 0]),
        fc.constantFrom(...signs),
        async (axes, sign) => {
          const file = onGrid(axes, sign);
          const bytes = encodeNifti(file);
          const { sliceOrder } = await describeImage(bytes);
          const size = (file.dimensions[0] as number) * (file.dimensions[1] as number);
          const shown = await decodeImage(bytes, { as: 'gray', page: 1 });
          expect([...toFileOrder(shown.data, sliceOrder as SliceOrder)]).toEqual(
            (file.values.slice(size, 2 * size) as number[]).map((v) => Math.min(255, v)),
          );
        },
      ),
    );
    expect(() => toFileOrder(new Uint8Array(3), { width: 2, height: 2, start: 0, stepX: 1, stepY: 2 })).toThrow(
      'displayed: expected 4 values for 2x2 pixels, got 3',
    );
  });
});
