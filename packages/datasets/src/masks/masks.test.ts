import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../images/decode-node.ts';
import { encodePng } from '../images/encode.ts';
import { encodeAnyPng, encodeTiff, type PngDrawing } from '../images/testing/encoders.ts';
import { WorkerPool } from '../loading/worker-pool.ts';
import { type DicomImage, encodeDicom, encodeNifti, words } from '../scans/testing/files.ts';
import { decodeMask, interpretMaskFiles, readMaskFile, surveyMasks, withMaskReadings } from './folder.ts';
import { foregroundDecoder, foregroundMask } from './foreground.ts';
import { interpretMasks, isBinary, type MaskReading, selectLabel } from './reading.ts';
import { surveyMask } from './survey.ts';
import type { MaskValues } from './values.ts';

const SIDE = 32;

/** A square of 8x8 pixels at the left (0), in the middle (1) or at the right (2). */
const inSquare = (x: number, y: number, square: number) =>
  y >= 4 && y < 12 && x >= 2 + 10 * square && x < 10 + 10 * square;

/** The square at each pixel: 1, 2, 3, or 0 for the background. */
const squareAt = (x: number, y: number) => [0, 1, 2].findIndex((square) => inSquare(x, y, square)) + 1;

/** A PNG whose squares have these values, in a color type of one's choice. */
const png = (values: readonly (number | readonly number[])[], options: Partial<PngDrawing> = {}) =>
  encodeAnyPng({
    width: SIDE,
    height: SIDE,
    bits: 8,
    colorType: 0,
    interlaced: false,
    sample: (x, y, c) => [values[squareAt(x, y)] ?? 0].flat()[c] ?? 0,
    ...options,
  });

const BLACK = [0, 0, 0] as const;
const RED = [255, 0, 0] as const;
const GREEN = [0, 255, 0] as const;

const read = async (files: readonly Uint8Array[]) => {
  const masks = await Promise.all(files.map((bytes) => decodeMask(bytes)));
  const reading = interpretMasks(
    masks.map((mask, i) => surveyMask(mask, `${i}.png`)),
    'folder',
  );
  return { masks, reading };
};

const names = (reading: MaskReading) =>
  reading.kind === 'threshold' ? 'threshold' : reading.labels.map(({ name }) => name).join(' ');

/** Pixels of foreground in each file. */
async function foreground(files: readonly Uint8Array[], choose = (reading: MaskReading) => reading) {
  const { reading } = await read(files);
  const decode = foregroundDecoder(decodeImage);
  return Promise.all(
    files.map(async (bytes) => (await decode(bytes, choose(reading))).data.reduce((n, v) => n + (v >= 127 ? 1 : 0), 0)),
  );
}

describe('binary masks', () => {
  it.each([
    ['0 and 1', png([0, 1])],
    ['0 and 255', png([0, 255])],
    ['0 and 128', png([0, 128])],
    ['1 bit', png([0, 1], { bits: 1 })],
    ['16 bits, 0 and 1', png([0, 1], { bits: 16 })],
    ['16 bits, 0 and 255', png([0, 255], { bits: 16 })],
    ['16 bits, 0 and 65535', png([0, 65535], { bits: 16 })],
    ['16 bits, 0 and 300', png([0, 300], { bits: 16 })],
    ['red on black', png([BLACK, RED], { colorType: 2 })],
    ['a number in the red channel', png([BLACK, [1, 0, 0]], { colorType: 2 })],
    [
      'white on black with alpha',
      png(
        [
          [...BLACK, 255],
          [255, 255, 255, 255],
        ],
        { colorType: 6 },
      ),
    ],
    ['a colored palette', png([0, 1], { colorType: 3, palette: [BLACK, [128, 0, 0]] })],
    [
      'a gray palette in reverse',
      png([1, 0], {
        colorType: 3,
        palette: [[255, 255, 255], BLACK],
        sample: (x, y) => (squareAt(x, y) === 1 ? 0 : 1),
      }),
    ],
  ])('of %s have the pixels of their square', async (_, bytes) => {
    expect(await foreground([bytes])).toEqual([64]);
  });

  it('are empty next to others of their folder', async () => {
    expect(await foreground([png([0, 1]), png([0]), png([0], { bits: 16 })])).toEqual([64, 0, 0]);
    expect(names((await read([png([0]), png([0])])).reading)).toBe('');
  });

  it('are cut at the published threshold where levels are soft', async () => {
    const soft = await encodePng({
      width: 8,
      height: 1,
      channels: 1,
      data: Uint8Array.from([0, 1, 90, 126, 127, 128, 254, 255]),
    });
    const { reading } = await read([soft]);
    expect(reading).toEqual({ kind: 'threshold' });
    expect(await foreground([soft])).toEqual([4]);
  });

  it('stay as published when compression left noise', async () => {
    const data = Uint8Array.from({ length: 64 * 64 }, (_, i) =>
      (i % 64) ** 2 + Math.floor(i / 64) ** 2 < 900 ? 255 : 0,
    );
    const jpeg = await sharp(data, { raw: { width: 64, height: 64, channels: 1 } })
      .jpeg({ quality: 60 })
      .toBuffer();
    const { reading } = await read([jpeg]);
    expect(reading).toEqual({ kind: 'threshold' });
    expect((await decodeImage(jpeg, { as: 'gray' })).data).toEqual(
      (await foregroundDecoder(decodeImage)(jpeg, reading)).data,
    );
    // The same noise in a lossless file.
    const noisy = await encodePng(await decodeImage(jpeg, { as: 'gray' }));
    expect((await read([noisy])).reading).toEqual({ kind: 'threshold' });
  });
});

describe('label maps', () => {
  it('have a label for each value', async () => {
    for (const [files, expected] of [
      [[png([0, 1, 2, 3])], '1 2 3'],
      [[png([0, 1]), png([0, 2])], '1 2'],
      [[png([0, 128, 255])], '128 255'],
      [[png([0, 1, 255])], '1 255'],
      [[png([0, 300, 1000], { bits: 16 })], '300 1000'],
      [[png([BLACK, RED, GREEN], { colorType: 2 })], '#00ff00 #ff0000'],
      [[png([0, 1, 2], { colorType: 3, palette: [BLACK, [128, 0, 0], [0, 128, 0]] })], '1 2'],
    ] as const) {
      const { reading } = await read(files);
      expect(names(reading)).toBe(expected);
      expect(isBinary(reading)).toBe(false);
      expect(await foreground(files, (r) => selectLabel(r, expected.split(' ')[0] as string))).toContain(64);
    }
  });

  it('join their labels unless one is selected', async () => {
    const file = png([0, 1, 2, 3]);
    expect(await foreground([file])).toEqual([192]);
    expect(await foreground([file], (r) => selectLabel(r, '2'))).toEqual([64]);
    const { reading } = await read([file]);
    expect(() => selectLabel(reading, '4', 'truth')).toThrow(
      'truth: expected label maps with the value 4, got 1, 2, 3. Choose one of the labels.',
    );
  });

  it('with soft edges between colors take the nearest color', async () => {
    const size = 64;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}"><rect width="64" height="64" fill="black"/><circle cx="18.3" cy="20" r="11.5" fill="#ff0000"/><circle cx="45" cy="44.2" r="12" fill="#00ff00"/></svg>`;
    const file = new Uint8Array(await sharp(Buffer.from(svg)).removeAlpha().png().toBuffer());
    const { masks, reading } = await read([file]);
    expect(new Set(masks[0]?.data).size).toBeGreaterThan(10);
    expect(names(reading)).toBe('#00ff00 #ff0000');
    const [red = 0] = await foreground([file], (r) => selectLabel(r, '#FF0000'));
    expect(Math.abs(red - Math.PI * 11.5 ** 2)).toBeLessThan(20);
  });
});

describe('what cannot be interpreted', () => {
  it('names the values', async () => {
    const drawing = await encodePng({
      width: SIDE,
      height: SIDE,
      channels: 1,
      data: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (i * 7) % 120),
    });
    await expect(read([drawing])).rejects.toThrow(/^folder: expected .*, got 120 values from 0 to 119\. Save masks/);
    const jpeg = await sharp(png([BLACK, RED, GREEN], { colorType: 2 }))
      .jpeg()
      .toBuffer();
    await expect(read([jpeg])).rejects.toThrow(/colors in a format that changes colors/);
    const alpha = png(
      [
        [0, 0, 0, 0],
        [0, 0, 0, 255],
      ],
      { colorType: 6 },
    );
    await expect(decodeMask(alpha)).rejects.toThrow('vary only in the alpha channel');
    await expect(read([png([0, 1]), png([0, 255])])).rejects.toThrow(
      'folder: expected masks that all use the same values, got 0, 1 in 0.png and 0, 255 in 1.png.',
    );
    await expect(read([png([RED, GREEN, RED, GREEN], { colorType: 2 })])).rejects.toThrow(
      'none of them black (the background)',
    );
  });

  it('refuses a file of a mixed folder rather than emptying it', async () => {
    const soft = await encodePng({
      width: SIDE,
      height: SIDE,
      channels: 1,
      data: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (i % SIDE < 20 ? 255 : (SIDE - (i % SIDE)) * 20)),
    });
    await expect(read([soft, png([0, 1])])).rejects.toThrow('expected masks that all use the same values');
  });

  it('refuses JPEG files of 0 and 1 next to those of 0 and 255', async () => {
    const jpeg = (high: number) => {
      const data = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 24 && i < 64 * 24 ? high : 0));
      return sharp(data, { raw: { width: 64, height: 64, channels: 1 } })
        .jpeg({ quality: 95 })
        .toBuffer();
    };
    await expect(read([await jpeg(255), await jpeg(1)])).rejects.toThrow('masks that all use the same values');
    expect((await read([await jpeg(255), await jpeg(0)])).reading).toEqual({ kind: 'threshold' });
  });

  it('refuses a file whose values are not those of its folder', async () => {
    const { reading } = await read([png([0, 1])]);
    const other = await decodeMask(png([0, 2]));
    expect(reading.kind).toBe('labels');
    if (reading.kind === 'labels')
      expect(() => foregroundMask(other, reading, 'b.png')).toThrow('b.png: expected a mask with the values 0, 1');
  });
});

describe('values without a range of their own', () => {
  const square = (value: number) =>
    Array.from({ length: SIDE * SIDE }, (_, i) => (squareAt(i % SIDE, Math.floor(i / SIDE)) === 1 ? value : 0));
  const frame = (values: readonly number[], options: Partial<DicomImage> = {}) =>
    encodeDicom({ rows: SIDE, columns: SIDE, pixels: words(values), ...options });
  const slice = (values: readonly number[]) => encodeNifti({ dimensions: [SIDE, SIDE, 1], values });
  const tiff = (value: number, format: 'float' | 'signed', bits: number) =>
    encodeTiff({
      width: SIDE,
      height: SIDE,
      samples: 1,
      bits,
      format,
      value: (x, y) => (squareAt(x, y) === 1 ? value : 0),
    });

  it.each([
    ['a DICOM frame', frame(square(2)), 2],
    [
      'a DICOM frame with a window that hides it',
      frame(square(2), {
        more: [
          [0x0028, 0x1050, 'DS', '500'],
          [0x0028, 0x1051, 'DS', '10'],
        ],
      }),
      2,
    ],
    ['a NIfTI slice', slice(square(3)), 3],
    ['a TIFF of floats', tiff(1, 'float', 32), 1],
    ['a TIFF of signed numbers', tiff(1, 'signed', 32), 1],
  ])('%s is read as stored', async (_, bytes, value) => {
    const { data, kind } = await decodeMask(bytes);
    expect(kind).toBe('gray');
    expect(new Set(data)).toEqual(new Set([0, value]));
    expect(data.filter((v) => v > 0)).toHaveLength(64);
  });

  it.each([
    ['DICOM frames', frame],
    ['NIfTI slices', slice],
  ])('%s that are foreground everywhere are not counted as empty', async (_, encode) => {
    const files = [encode(square(1)), encode(Array.from({ length: SIDE * SIDE }, () => 1))];
    const masks = await Promise.all(files.map((bytes) => decodeMask(bytes)));
    const reading = interpretMasks(masks.map((mask, i) => surveyMask(mask, String(i))));
    const pixels = await Promise.all(
      files.map(
        async (bytes) => (await foregroundDecoder(decodeImage)(bytes, reading)).data.filter((v) => v > 0).length,
      ),
    );
    expect(pixels).toEqual([64, SIDE * SIDE]);
  });

  it('labels of different slices are not confused', async () => {
    const masks = await Promise.all([1, 2].map((label) => decodeMask(slice(square(label)))));
    const reading = interpretMasks(masks.map((mask, i) => surveyMask(mask, String(i))));
    expect(reading.kind === 'labels' && reading.labels.map(({ name }) => name)).toEqual(['1', '2']);
  });

  it('are refused with their range where they are not whole numbers', async () => {
    await expect(decodeMask(tiff(0.5, 'float', 32), { name: 'a.tif' })).rejects.toThrow(
      'a.tif: expected a mask of whole numbers from 0 to 65535, got values from 0 to 0.5, 64 of them no whole numbers. Save it as PNG',
    );
    await expect(decodeMask(tiff(-3, 'signed', 16))).rejects.toThrow('got values from -3 to 0');
    await expect(decodeMask(frame(square(1), { photometric: 'MONOCHROME1' }))).rejects.toThrow('got MONOCHROME1');
  });
});

it('a transparent image is no mask', async () => {
  const clear = png([[255, 255, 255, 0]], { colorType: 6, sample: (_, __, c) => (c === 3 ? 0 : 255) });
  await expect(decodeMask(clear)).rejects.toThrow('got a transparent image');
});

it('label numbers of 16 bits next to colored masks are refused, not emptied', async () => {
  const files = [png([BLACK, RED], { colorType: 2 }), png([0, 1], { bits: 16 })];
  const masks = await Promise.all(files.map((bytes) => decodeMask(bytes)));
  expect(() => interpretMasks(masks.map((mask, i) => surveyMask(mask, String(i))))).toThrow(
    'expected masks that all use the same values',
  );
});

it('never counts a mask with an area as empty: it is read whole or refused', () => {
  const area = (value: number): MaskValues => ({
    width: SIDE,
    height: SIDE,
    kind: 'gray',
    maximum: 255,
    lossy: false,
    data: Uint8Array.from({ length: SIDE * SIDE }, (_, i) =>
      squareAt(i % SIDE, Math.floor(i / SIDE)) === 1 ? value : 0,
    ),
  });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 6 }), (values) => {
      const masks = values.map(area);
      let reading: MaskReading;
      try {
        reading = interpretMasks(masks.map((mask, i) => surveyMask(mask, String(i))));
      } catch {
        return;
      }
      for (const mask of masks) {
        const pixels =
          reading.kind === 'threshold'
            ? [...mask.data].filter((v) => v >= 127).length
            : foregroundMask(mask, reading).data.filter((v) => v > 0).length;
        expect(pixels).toBe(64);
      }
    }),
  );
});

describe('folders', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'masks-'));
    for (const [name, files] of Object.entries({
      one: [png([0, 1]), png([0])],
      two: [png([0, 255])],
      many: [png([0, 1, 2])],
    })) {
      await mkdir(join(folder, name));
      for (const [i, bytes] of files.entries()) await writeFile(join(folder, name, `${i}.png`), bytes);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are interpreted each by itself', async () => {
    const paths = ['one/0.png', 'one/1.png', 'two/0.png'].map((path) => join(folder, path));
    const samples = await withMaskReadings(paths.map((maskPath) => ({ maskPath })));
    const pixels = await Promise.all(
      samples.map(async ({ maskPath, maskReading }) =>
        (await readMaskFile(maskPath, maskReading)).data.reduce((n, v) => n + (v >= 127 ? 1 : 0), 0),
      ),
    );
    expect(pixels).toEqual([64, 0, 64]);
  });

  it('with several labels need a choice', async () => {
    const samples = [{ maskPath: join(folder, 'many', '0.png') }];
    await expect(withMaskReadings(samples)).rejects.toThrow(
      'got label maps with the labels 1, 2. Choose one with --label',
    );
    const [sample] = await withMaskReadings(samples, { label: '2' });
    expect(sample?.maskReading).toMatchObject({ foreground: [2] });
  });

  it('name the file that does not decode', async () => {
    await writeFile(join(folder, 'two', 'z.png'), 'no image');
    const paths = ['two/0.png', 'two/z.png'].map((path) => join(folder, path));
    await expect(interpretMaskFiles(paths, folder)).rejects.toThrow('z.png: expected');
    const errors: unknown[] = [];
    expect(await surveyMasks(paths, { onUnreadable: (error) => errors.push(error) })).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });

  it('have the same readings and errors on threads', async () => {
    const soft = Uint8Array.from({ length: 24 * 24 }, (_, i) => Math.min(255, Math.max(0, 40 * ((i % 24) - 12))));
    await mkdir(join(folder, 'soft'));
    for (let i = 0; i < 20; i++)
      await writeFile(
        join(folder, 'soft', `${i}.png`),
        await encodePng({ width: 24, height: 24, channels: 1, data: soft }),
      );
    await writeFile(join(folder, 'soft', 'z.png'), 'no image');
    const samples = (names: readonly string[]) => names.map((name) => ({ maskPath: join(folder, name) }));
    const threads = new WorkerPool(2);
    const survey = threads.surveyMasks.bind(threads);
    try {
      for (const name of ['one/0.png', 'many/0.png', 'soft/0.png']) {
        const label = name.startsWith('many') ? '2' : undefined;
        const list = samples([name, name.replace('0', name.startsWith('soft') ? '19' : '0')]);
        expect(await withMaskReadings(list, { label, survey })).toEqual(await withMaskReadings(list, { label }));
      }
      const all = Array.from({ length: 20 }, (_, i) => `soft/${i}.png`);
      expect(await withMaskReadings(samples(all), { survey })).toEqual(await withMaskReadings(samples(all)));
      const broken = withMaskReadings(samples([...all, 'soft/z.png']), { survey });
      await expect(broken).rejects.toMatchObject({ tag: 'datasets/image', file: join(folder, 'soft', 'z.png') });
      const signal = AbortSignal.abort(new Error('gone'));
      await expect(withMaskReadings(samples(all), { survey, signal })).rejects.toThrow('gone');
    } finally {
      await threads.dispose();
    }
  });
});

it('a survey counts the pixels of each value, and those whose eight neighbors have it too', () => {
  const drawing = fc
    .record({
      width: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 30 })),
      height: fc.integer({ min: 1, max: 9 }),
      Values: fc.constantFrom(Uint8Array, Uint16Array, Uint32Array),
      offset: fc.integer({ min: 0, max: 3 }),
      colors: fc.constantFrom<number[]>([0, 0, 7, 7, 7, 200], [7, 0]),
    })
    .chain(({ width, height, Values, offset, colors }) => {
      const count = width * height;
      // Runs of a color, some longer than a row.
      const runs = fc.array(fc.tuple(fc.constantFrom(...colors), fc.integer({ min: 1, max: 40 })), { maxLength: 60 });
      return runs.map((parts) => {
        const all = new Values(offset + count);
        all.set(parts.flatMap(([color, length]) => new Array<number>(length).fill(color)).slice(0, count), offset);
        return { width, height, data: all.subarray(offset) };
      });
    });
  fc.assert(
    fc.property(drawing, ({ width, height, data }) => {
      const { counts } = surveyMask({ width, height, data, kind: 'gray', maximum: 255, lossy: false });
      const isInside = (at: number) => {
        const [x, y] = [at % width, Math.floor(at / width)];
        if (x < 1 || y < 1 || x > width - 2 || y > height - 2) return false;
        return [-1, 0, 1].every((dy) => [-1, 0, 1].every((dx) => data[at + dy * width + dx] === data[at]));
      };
      const values = [...new Set(data)];
      expect(new Set(counts.keys())).toEqual(new Set(values));
      for (const value of values) {
        const pixels = [...data.keys()].filter((at) => data[at] === value);
        // The background has no areas to distinguish from soft edges, and one value alone fills its mask.
        const interior = values.length === 1 ? pixels : value === 0 ? [] : pixels.filter(isInside);
        expect(counts.get(value)).toEqual({ pixels: pixels.length, interior: interior.length });
      }
    }),
    { numRuns: 300 },
  );
});
