// DICOM frames: every way pixels are stored, tables and windows as the standard has them, and refusals that say what to do.
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../images/decode-node.ts';
import { describeImage } from '../images/describe.ts';
import { type Attribute, type DicomImage, encodeDicom, words } from './testing/files.ts';

const gray = async (bytes: Uint8Array, page?: number) => [...(await decodeImage(bytes, { as: 'gray', page })).data];
const window = (center: string, width: string): DicomImage['more'] => [
  [0x0028, 0x1050, 'DS', center],
  [0x0028, 0x1051, 'DS', width],
];

describe('DICOM', () => {
  const values = [0, 100, 200, 300, 400, 500];
  const image: DicomImage = { rows: 2, columns: 3, pixels: words(values) };
  const full = [0, 51, 102, 153, 204, 255];

  it('uncompressed, in every order of bytes and deflated, from the smallest value to the largest', async () => {
    expect(await gray(encodeDicom(image))).toEqual(full);
    expect(await gray(encodeDicom({ ...image, syntax: 'implicit' }))).toEqual(full);
    expect(await gray(encodeDicom({ ...image, syntax: 'bigEndian', pixels: words(values, true) }))).toEqual(full);
    expect(await gray(encodeDicom({ ...image, syntax: 'deflated' }, deflateRawSync))).toEqual(full);
  });

  it('rescaled, through its window, and inverted where low is white', async () => {
    const rescaled: DicomImage = {
      ...image,
      more: [...(window('40', '401') ?? []), [0x0028, 0x1052, 'DS', '-160'], [0x0028, 0x1053, 'DS', '1']],
    };
    // Values -160 to 340 through -160.5 to 239.5.
    const expected = values.map((v) => Math.min(255, Math.round(((v - 160 + 160.5) * 255) / 400)));
    expect(await gray(encodeDicom(rescaled))).toEqual(expected);
    const inverted = encodeDicom({ ...rescaled, photometric: 'MONOCHROME1' });
    expect(await gray(inverted)).toEqual(expected.map((v) => 255 - v));
  });

  it('of several windows takes the first', async () => {
    expect(await gray(encodeDicom({ ...image, more: window('250.5\\40', '501\\400') }))).toEqual(full);
  });

  it('12 bits of 16, signed: the bits above them are ignored', async () => {
    const signed = [-2048, -1000, 0, 1000, 2000, 2047];
    const bytes = encodeDicom({
      ...image,
      stored: 12,
      signed: 1,
      pixels: words(signed.map((v) => (v & 0xfff) | 0x5000)),
    });
    expect(await gray(bytes)).toEqual(signed.map((v) => Math.round(((v + 2048) * 255) / 4095)));
  });

  it('a frame of several, which must be chosen', async () => {
    const frames = { ...image, frames: 2, pixels: Buffer.concat([words(values), words([...values].reverse())]) };
    expect(await gray(encodeDicom(frames), 1)).toEqual([...full].reverse());
    await expect(decodeImage(encodeDicom(frames), { name: 'a.dcm' })).rejects.toThrow(
      'a.dcm: expected a choice of one of its 2 pages',
    );
    await expect(decodeImage(encodeDicom({ ...frames, frames: 3 }), { page: 2 })).rejects.toThrow(
      'expected 36 bytes of pixel data, got 24',
    );
  });

  it('color: RGB by pixel and by plane, YBR, and through a palette', async () => {
    const rgb = [200, 30, 40, 10, 220, 60];
    const colored: DicomImage = {
      rows: 1,
      columns: 2,
      samples: 3,
      photometric: 'RGB',
      allocated: 8,
      pixels: Uint8Array.from(rgb),
    };
    expect([...(await decodeImage(encodeDicom(colored))).data]).toEqual(rgb);
    const planes = Uint8Array.from([200, 10, 30, 220, 40, 60]);
    expect([...(await decodeImage(encodeDicom({ ...colored, planar: 1, pixels: planes }))).data]).toEqual(rgb);
    const neutral = Uint8Array.from([90, 128, 128, 200, 128, 128]);
    expect([
      ...(await decodeImage(encodeDicom({ ...colored, photometric: 'YBR_FULL', pixels: neutral }))).data,
    ]).toEqual([90, 90, 90, 200, 200, 200]);
    const table = (values: number[]) => words(values.map((v) => v << 8));
    const descriptor = words([3, 5, 16]);
    const palette: DicomImage = {
      rows: 1,
      columns: 4,
      photometric: 'PALETTE COLOR',
      allocated: 8,
      pixels: Uint8Array.from([5, 6, 7, 0]),
      more: [
        ...[0x1101, 0x1102, 0x1103].map((element) => [0x0028, element, 'US', descriptor] as const),
        [0x0028, 0x1201, 'OW', table([1, 2, 3])],
        [0x0028, 0x1202, 'OW', table([4, 5, 6])],
        [0x0028, 0x1203, 'OW', table([7, 8, 9])],
      ],
    };
    // Indices begin at 5; smaller ones take the first color.
    expect([...(await decodeImage(encodeDicom(palette))).data]).toEqual([1, 4, 7, 2, 5, 8, 3, 6, 9, 1, 4, 7]);
  });

  it('gray with colors for the highest values (supplemental palette)', async () => {
    const descriptor = words([2, 100, 16]);
    const supplemental: DicomImage = {
      rows: 1,
      columns: 4,
      pixels: words([0, 51, 100, 101]),
      more: [
        [0x0008, 0x9205, 'CS', 'COLOR'],
        [0x0028, 0x1050, 'DS', '50.5'],
        [0x0028, 0x1051, 'DS', '101'],
        ...[0x1101, 0x1102, 0x1103].map((element) => [0x0028, element, 'US', descriptor] as const),
        ...[0x1201, 0x1202, 0x1203].map(
          (element, c) => [0x0028, element, 'OW', words([(10 + c) << 8, (20 + c) << 8])] as const,
        ),
      ],
    };
    const { data } = await decodeImage(encodeDicom(supplemental));
    expect([...data]).toEqual([0, 0, 0, 130, 130, 130, 10, 11, 12, 20, 21, 22]);
  });

  it.each([0x1050, 0x1051, 0x1052, 0x1053])(
    'with text for a number that changes the pixels is refused: (0028,%i)',
    async (element) => {
      const values = { 4176: '5', 4177: '6', 4178: '0', 4179: '1', [element]: '0,5' };
      const more = Object.entries(values).map(([key, value]) => [0x0028, Number(key), 'DS', value] as const);
      await expect(
        decodeImage(encodeDicom({ rows: 1, columns: 2, pixels: words([1, 2]), more }), { name: 'a.dcm' }),
      ).rejects.toThrow(/a\.dcm: expected a number in attribute \(0028,10\d\d\), got '0,5'\. Correct the file\./);
    },
  );

  it('notes the values shown where the file has no window, and pixels that are not square', async () => {
    const notes: string[] = [];
    const read = (more: DicomImage['more']) =>
      decodeImage(encodeDicom({ rows: 1, columns: 2, pixels: words([7, 900]), more }), {
        name: 'a.dcm',
        onWarning: (note) => notes.push(note),
      });
    await read([
      [0x0028, 0x1050, 'DS', '50'],
      [0x0028, 0x1051, 'DS', '100'],
    ]);
    expect(notes).toEqual([]);
    await read([[0x0028, 0x0034, 'IS', '2\\1']]);
    expect(notes).toEqual([
      'a.dcm: Pixels are 2 times as high as wide and are shown as squares.',
      'a.dcm: The file has no window: values from 7 (black) to 900 (white) are shown.',
    ]);
  });

  it('whatever the preamble holds, and whatever follows the pixels', async () => {
    const bytes = encodeDicom(image);
    for (const preamble of ['II*\0\x08\0\0\0', 'MM\0*', 'BM', '\x89PNG\r\n\x1a\n', 'RIFF....WEBP']) {
      const changed = Buffer.from(bytes);
      changed.write(preamble, 0, 'latin1');
      expect(await gray(changed)).toEqual(full);
    }
    for (const tail of ['\r\n', '\n', 'a longer text after the last attribute'])
      expect(await gray(Buffer.concat([bytes, Buffer.from(tail)]))).toEqual(full);
  });

  it('encoded otherwise than declared, as some writers do', async () => {
    const explicit = Buffer.from(encodeDicom(image));
    // The declared transfer syntax loses its last two letters: implicit.
    explicit.write('1.2.840.10008.1.2\0\0\0', explicit.indexOf('1.2.840.10008.1.2.1'), 'latin1');
    expect(await gray(explicit)).toEqual(full);
  });

  describe('tables and windows', () => {
    const lut = (first: number, entries: readonly number[], bits: number, packed = false): Attribute[] => [
      [0x0028, 0x3002, 'US', words([entries.length, first, bits])],
      [0x0028, 0x3006, packed ? 'OW' : 'US', packed ? Uint8Array.from(entries) : words(entries)],
    ];

    it('VOI LUT Sequence before the window; values beyond it take its ends', async () => {
      const entries = [1000, 1100, 4095, 3000];
      const more: Attribute[] = [...(window('1', '2') ?? []), [0x0028, 0x3010, 'SQ', [lut(200, entries, 12)]]];
      const read = (v: number) => entries[Math.min(Math.max(v - 200, 0), 3)] as number;
      const pixels = [0, 200, 201, 202, 203, 60_000];
      expect(await gray(encodeDicom({ ...image, more, pixels: words(pixels) }))).toEqual(
        pixels.map((v) => Math.round((read(v) * 255) / 4095)),
      );
    });

    it('tables of 8 bits packed two to a word, and tables that hold more than they declare', async () => {
      const pixels = words([0, 1, 2, 3, 1, 0]);
      const packed: Attribute[] = [[0x0028, 0x3010, 'SQ', [lut(0, [0, 50, 100, 255], 8, true)]]];
      expect(await gray(encodeDicom({ ...image, more: packed, pixels }))).toEqual([0, 50, 100, 255, 50, 0]);
      const more: Attribute[] = [[0x0028, 0x3010, 'SQ', [lut(0, [0, 1000, 2000, 4000], 8)]]];
      expect(await gray(encodeDicom({ ...image, more, pixels }))).toEqual([0, 64, 128, 255, 64, 0]);
    });

    it('Modality LUT Sequence in place of rescaling', async () => {
      const more: Attribute[] = [
        [0x0028, 0x1052, 'DS', '-1024'],
        [0x0028, 0x3000, 'SQ', [lut(0, [10, 30, 20, 50], 16)]],
        ...(window('30', '41') ?? []),
      ];
      const pixels = words([0, 1, 2, 3, 3, 0]);
      expect(await gray(encodeDicom({ ...image, more, pixels }))).toEqual(
        [10, 30, 20, 50, 50, 10].map((v) => Math.round(Math.min(255, Math.max(0, ((v - 29.5) / 40 + 0.5) * 255)))),
      );
    });

    it('SIGMOID and LINEAR_EXACT; widths below 1 can only be exact', async () => {
      const values = [-2, -0.25, 0, 0.1, 0.25, 3];
      const pixels = words(values.map((v) => v * 100));
      const shown = (center: string, width: string, kind?: string) =>
        gray(
          encodeDicom({
            ...image,
            signed: 1,
            pixels,
            more: [
              [0x0028, 0x1053, 'DS', '0.01'],
              ...(window(center, width) ?? []),
              ...(kind ? [[0x0028, 0x1056, 'CS', kind] as Attribute] : []),
            ],
          }),
        );
      expect(await shown('0.1', '0.7', 'SIGMOID')).toEqual(
        values.map((v) => Math.round(255 / (1 + Math.exp((-4 * (v - 0.1)) / 0.7)))),
      );
      const exact = values.map((v) => Math.round(Math.min(1, Math.max(0, (v - 0.1) / 0.5 + 0.5)) * 255));
      expect(await shown('0.1', '0.5', 'LINEAR_EXACT')).toEqual(exact);
      expect(await shown('0.1', '0.5')).toEqual(exact);
      expect(await shown('0', '4', 'LINEAR')).not.toEqual(await shown('0', '4', 'LINEAR_EXACT'));
      await expect(shown('0', '4', 'CUBIC')).rejects.toThrow(
        'expected VOI LUT Function LINEAR, LINEAR_EXACT or SIGMOID, got CUBIC',
      );
    });

    it('a window of width 0 is none; the window asked for replaces the file’s', async () => {
      expect(await gray(encodeDicom({ ...image, more: window('0', '0') }))).toEqual(full);
      const { data } = await decodeImage(encodeDicom({ ...image, more: window('40', '1') }), {
        as: 'gray',
        window: { center: 250, width: 500 },
      });
      expect([...data]).toEqual(full);
    });

    it('padding does not count for the range of values', async () => {
      const pixels = words([-3024, 0, 100, 200, 255, -3024]);
      const more: Attribute[] = [[0x0028, 0x0120, 'SS', 0x10000 - 3024]];
      expect(await gray(encodeDicom({ ...image, signed: 1, more, pixels }))).toEqual([0, 0, 100, 200, 255, 0]);
      const range: Attribute[] = [
        [0x0028, 0x0120, 'US', 4000],
        [0x0028, 0x0121, 'US', 4095],
      ];
      expect(await gray(encodeDicom({ ...image, more: range, pixels: words([0, 4000, 255, 4095, 51, 102]) }))).toEqual([
        0, 255, 255, 255, 51, 102,
      ]);
    });

    it('of enhanced objects by the frame’s functional groups, then the shared ones, then the file', async () => {
      const groups = (center: string, width: string): Attribute => [
        0x0028,
        0x9132,
        'SQ',
        [window(center, width) as Attribute[]],
      ];
      const measures: Attribute = [0x0028, 0x9110, 'SQ', [[[0x0028, 0x0030, 'DS', '0.7\\0.3']]]];
      const rescale: Attribute = [
        0x0028,
        0x9145,
        'SQ',
        [
          [
            [0x0028, 0x1052, 'DS', '-100'],
            [0x0028, 0x1053, 'DS', '2'],
          ],
        ],
      ];
      const frames: DicomImage = {
        ...image,
        frames: 2,
        pixels: Buffer.concat([words(values), words(values)]),
        more: [
          ...(window('5', '2') ?? []),
          [0x5200, 0x9229, 'SQ', [[measures, rescale, groups('400', '1001')]]],
          [0x5200, 0x9230, 'SQ', [[], [groups('100', '401')]]],
        ],
      };
      const through = (c: number, w: number) =>
        values.map((v) => Math.round(Math.min(1, Math.max(0, (2 * v - 100 - c + 0.5) / (w - 1) + 0.5)) * 255));
      for (const syntax of ['explicit', 'implicit', 'bigEndian'] as const) {
        const big = syntax === 'bigEndian';
        const pixels = Buffer.concat([words(values, big), words(values, big)]);
        const bytes = encodeDicom({ ...frames, syntax, pixels });
        expect(await gray(bytes, 0)).toEqual(through(400, 1001));
        expect(await gray(bytes, 1)).toEqual(through(100, 401));
        expect(await describeImage(bytes)).toEqual({
          format: 'dicom',
          pages: 2,
          spacing: { x: 0.3, y: 0.7 },
          pixelAspect: 0.7 / 0.3,
        });
      }
    });
  });

  it('pixels that are not square are described, not resampled', async () => {
    const bytes = encodeDicom({ ...image, more: [[0x0028, 0x0034, 'IS', '4\\3']] });
    expect(await describeImage(bytes)).toEqual({ format: 'dicom', pages: 1, spacing: undefined, pixelAspect: 4 / 3 });
    expect(await gray(bytes)).toEqual(full);
  });

  describe('stored bits', () => {
    it('count from the high bit down, signed or not, in 8, 16 and 32 bits', async () => {
      const high = {
        ...image,
        stored: 10,
        highBit: 13,
        pixels: words([0, 1, 2, 3, 4, 5].map((v) => (v * 100) << 4)),
      };
      expect(await gray(encodeDicom(high))).toEqual(full);
      const signed = [-500, -300, -100, 100, 300, 500];
      const noisy = words(signed.map((v) => (((v & 0x3ff) << 4) | 0xc00b) & 0xffff));
      expect(await gray(encodeDicom({ ...high, signed: 1, pixels: noisy }))).toEqual(full);
      const four = Uint8Array.from([0, 3, 6, 9, 12, 15].map((v) => (v << 4) | 5));
      expect(await gray(encodeDicom({ ...image, allocated: 8, stored: 4, highBit: 7, pixels: four }))).toEqual(full);
      const long = new Uint8Array(Int32Array.from(signed.map((v) => v * 1e6)).buffer);
      expect(await gray(encodeDicom({ ...image, allocated: 32, signed: 1, pixels: long }))).toEqual(full);
      const unsigned = new Uint8Array(Uint32Array.from([0, 1, 2, 3, 4, 5].map((v) => v * 8e8)).buffer);
      expect(await gray(encodeDicom({ ...image, allocated: 32, pixels: unsigned }))).toEqual(full);
    });

    it('single bytes in big-endian words are swapped back, in frames of odd length too', async () => {
      const frames = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((v) => v * 20);
      const swapped = Uint8Array.from({ length: 10 }, (_, i) => frames[i ^ 1] as number);
      const odd = {
        syntax: 'bigEndian',
        rows: 1,
        columns: 5,
        frames: 2,
        allocated: 8,
        more: window('128', '256'),
      } as const;
      expect(await gray(encodeDicom({ ...odd, pixels: swapped, pixelVr: 'OW' }), 1)).toEqual(frames.slice(5));
      expect(await gray(encodeDicom({ ...odd, pixels: Uint8Array.from(frames), pixelVr: 'OB' }), 0)).toEqual(
        frames.slice(0, 5),
      );
    });

    it('one bit per pixel, packed across frames, is black and white', async () => {
      // Frames of six pixels, 101100 and 011011, from the lowest bit of each byte on.
      const bytes = encodeDicom({
        ...image,
        frames: 2,
        allocated: 1,
        pixels: Uint8Array.from([0b10001101, 0b00001101]),
      });
      expect(await gray(bytes, 0)).toEqual([255, 0, 255, 255, 0, 0]);
      expect(await gray(bytes, 1)).toEqual([0, 255, 255, 0, 255, 255]);
    });

    it('segmentations: fractions of their maximum; labels as they are', async () => {
      const fractions: DicomImage = {
        ...image,
        allocated: 8,
        pixels: Uint8Array.from([0, 10, 20, 30, 40, 50]),
        more: [
          [0x0062, 0x0001, 'CS', 'FRACTIONAL'],
          [0x0062, 0x000e, 'US', 50],
        ],
      };
      expect(await gray(encodeDicom(fractions))).toEqual(full);
      const labels = { ...fractions, more: [[0x0062, 0x0001, 'CS', 'LABELMAP']] as Attribute[] };
      expect(await gray(encodeDicom(labels))).toEqual([0, 10, 20, 30, 40, 50]);
    });
  });

  describe('color', () => {
    it('YBR_FULL_422: two pixels share their chroma', async () => {
      const bytes = encodeDicom({
        rows: 1,
        columns: 4,
        samples: 3,
        photometric: 'YBR_FULL_422',
        allocated: 8,
        pixels: Uint8Array.from([100, 150, 128, 168, 50, 60, 108, 128]),
      });
      const rgb = (y: number, b: number, r: number) =>
        [y + 1.402 * (r - 128), y - 0.344136 * (b - 128) - 0.714136 * (r - 128), y + 1.772 * (b - 128)].map(Math.round);
      expect([...(await decodeImage(bytes)).data]).toEqual([
        ...rgb(100, 128, 168),
        ...rgb(150, 128, 168),
        ...rgb(50, 108, 128),
        ...rgb(60, 108, 128),
      ]);
    });

    it('of 16 bits keeps the high byte of what is stored', async () => {
      const bytes = encodeDicom({
        rows: 1,
        columns: 1,
        samples: 3,
        photometric: 'RGB',
        stored: 12,
        pixels: words([4095, 2048, 15]),
      });
      expect([...(await decodeImage(bytes)).data]).toEqual([255, 128, 0]);
    });

    const tables = (descriptor: Uint8Array, element: number, bytes: readonly Uint8Array[]): Attribute[] => [
      ...[0x1101, 0x1102, 0x1103].map((tag) => [0x0028, tag, 'US', descriptor] as const),
      ...bytes.map((value, i) => [0x0028, element + i, 'OW', value] as const),
    ];
    const indexed: DicomImage = {
      rows: 1,
      columns: 6,
      photometric: 'PALETTE COLOR',
      allocated: 8,
      pixels: Uint8Array.from([0, 1, 2, 3, 4, 5]),
    };

    it('palettes of 8 bits, packed or not, and those that declare 16 bits but hold 8', async () => {
      const entries = [0, 10, 20, 30, 40, 50];
      const expected = entries.flatMap((v) => [v, v, v]);
      for (const [bits, table] of [
        [8, Uint8Array.from(entries)],
        [8, words(entries)],
        [16, words(entries)],
        [16, words(entries.map((v) => v << 8))],
      ] as const) {
        const more = tables(words([6, 0, bits]), 0x1201, [table, table, table]);
        expect([...(await decodeImage(encodeDicom({ ...indexed, more }))).data]).toEqual(expected);
      }
    });

    it('segmented palettes: entries, lines and repeated segments', async () => {
      // Two entries; a line of three to 0x6400; the first segment again.
      const red = words([0, 2, 0x1000, 0x2800, 1, 2, 0x6400, 2, 1, 0, 0]);
      const flat = words([0, 1, 0x0700, 1, 5, 0x0700]);
      const more = tables(words([6, 0, 16]), 0x1221, [red, flat, flat]);
      const { data } = await decodeImage(encodeDicom({ ...indexed, more }));
      expect([...data].filter((_, i) => i % 3 === 0)).toEqual([0x10, 0x28, 0x46, 0x64, 0x10, 0x28]);
      expect([...data].filter((_, i) => i % 3 === 1)).toEqual([7, 7, 7, 7, 7, 7]);
      const short = tables(words([60, 0, 16]), 0x1221, [red, flat, flat]);
      await expect(decodeImage(encodeDicom({ ...indexed, more: short }))).rejects.toThrow(
        /expected a palette of 60 entries, got segments for/,
      );
    });
  });

  const object = (sopClass: string, modality = 'OT'): DicomImage => ({
    rows: 0,
    columns: 0,
    more: [
      [0x0008, 0x0016, 'UI', sopClass],
      [0x0008, 0x0060, 'CS', modality],
    ],
  });
  it.each([
    ['1.2.840.10008.5.1.4.1.1.481.3', 'RT Structure Set'],
    ['1.2.840.10008.5.1.4.1.1.481.5', 'RT Plan'],
    ['1.2.840.10008.5.1.4.1.1.88.33', 'structured report (SR)'],
    ['1.2.840.10008.5.1.4.1.1.88.71', 'structured report (SR)'],
    ['1.2.840.10008.5.1.4.1.1.9.1.1', '12-lead ECG'],
    ['1.2.840.10008.5.1.4.1.1.9.7.3', 'waveform'],
    ['1.2.840.10008.5.1.4.1.1.104.1', 'PDF document'],
    ['1.2.3.4', 'object of modality OT'],
  ])('an object without pixels is named: %s is %s', async (sopClass, kind) => {
    const refusal = `expected a DICOM image, got a DICOM ${kind}`;
    await expect(decodeImage(encodeDicom(object(sopClass)))).rejects.toThrow(refusal);
    await expect(describeImage(encodeDicom(object(sopClass)))).rejects.toThrow(refusal);
  });

  it('a DICOMDIR is named by its file meta information', async () => {
    const bytes = encodeDicom({ rows: 0, columns: 0, mediaClass: '1.2.840.10008.1.3.10' });
    await expect(decodeImage(bytes)).rejects.toThrow('got a DICOM directory (DICOMDIR), which lists other files.');
  });

  it('refuses deflated files that unpack to too much, before they do', async () => {
    const bomb = encodeDicom(
      { syntax: 'deflated', rows: 65_535, columns: 65_535, frames: 9, pixels: new Uint8Array(4) },
      (plain) => {
        const claims = Buffer.concat([plain, Buffer.alloc(3 << 20)]);
        claims.writeUInt32LE(0xfffffff0, plain.length - 8);
        return deflateRawSync(claims);
      },
    );
    const before = process.memoryUsage().arrayBuffers;
    await expect(decodeImage(bomb, { page: 0 })).rejects.toThrow(/expected at most 268435456 bytes of deflated data/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 2 ** 20);
  });

  it.each([
    ['too few pixels', { pixels: Buffer.alloc(4) }, /expected 12 bytes of pixel data, got 4\. Copy the file again/],
    ['another color space', { photometric: 'HSV' }, /expected MONOCHROME1, .* got HSV with 1 sample\. Convert/],
    ['no size', { rows: 0 }, /expected 1 to 50000000 pixels, got 3x0/],
    ['samples of 12 bits', { allocated: 12 }, /expected 1, 8, 16 or 32 bits allocated, got 1 sample of 12 bits in 12/],
    ['contradictory bits', { stored: 12, highBit: 5 }, /expected stored bits that lie within the allocated bits/],
    ['no pixel data', { pixels: undefined }, /expected pixel data \(7FE0,0010\), got a DICOM file that has none/],
    ['YBR_FULL_422 of odd width', { photometric: 'YBR_FULL_422', samples: 3, allocated: 8 }, /even number of columns/],
  ] as const)('%s is refused', async (_, change, reason) => {
    await expect(decodeImage(encodeDicom({ ...image, ...change }), { name: 'x.dcm' })).rejects.toThrow(reason);
  });

  it('a file cut anywhere is refused in words', async () => {
    const whole = encodeDicom({ ...image, more: window('40', '400') });
    for (let length = 133; length < whole.length; length++)
      await expect(decodeImage(whole.subarray(0, length), { name: 'cut.dcm' })).rejects.toThrow(
        /^cut\.dcm: expected .+, got (?!.*(undefined|NaN|object Object|DataView|offset)).+\. [A-Z]/,
      );
  });
});
