// Scoring from the command line: what is scored, what is missing, what is written, how runs are compared.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePng } from '@medclipseg/datasets/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compare } from '../commands/compare/run.ts';
import { type EvaluateOptions, evaluate } from '../commands/evaluate/run.ts';
import { describe as describeError, exitCode } from '../errors.ts';
import { probabilityAt, readProbability, rounded, writeProbability } from './probabilities.ts';

let folder = '';
let truth = '';
let predictions = '';
let maps = '';

/** An 8x8 square in 20x20 pixels. */
const square = (path: string, left: number) =>
  sharp({ create: { width: 20, height: 20, channels: 3, background: 'black' } })
    .composite([{ input: { create: { width: 8, height: 8, channels: 3, background: 'white' } }, left, top: 4 }])
    .png()
    .toFile(path);

/** Sure of a square but for its left half. */
const map = (path: string, left: number) =>
  writeProbability(path, {
    width: 20,
    height: 20,
    data: Float32Array.from({ length: 400 }, (_, i) => {
      const [x, y] = [(i % 20) - left, Math.floor(i / 20) - 4];
      return x >= 0 && x < 8 && y >= 0 && y < 8 ? (x < 4 ? 0.6 : 0.9) : 0.05;
    }),
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scores-'));
  [truth, predictions, maps] = ['truth', 'predictions', 'maps'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([truth, predictions, maps].map((path) => mkdir(path)));
  for (const [name, left] of [
    ['a', 8],
    ['b', 4],
    ['c', 5],
  ] as const) {
    await square(join(truth, `${name}.png`), 4);
    await square(join(predictions, `${name}.png`), left);
    await map(join(maps, `${name}.png`), left);
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a command as the command line does: what it prints, and how it ends. */
async function run(command: () => Promise<void>): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const print = (to: 'out' | 'err') => (chunk: string | Uint8Array) => {
    text[to] += chunk;
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(print('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(print('err')),
  ];
  try {
    await command();
    return { code: 0, ...text };
  } catch (error) {
    return { code: exitCode(error), out: text.out, err: text.err + describeError(error) };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const score = (options: Partial<EvaluateOptions> = {}) =>
  run(() => evaluate({ predictions, truth, tolerance: '2', spacing: '1', ...options }, new AbortController().signal));

it('writes the published table and full precision', async () => {
  const out = join(folder, 'run');
  const { code, out: text } = await score({ out, spacing: '0.5' });
  expect(code).toBe(0);
  expect(text).toMatch(/^HD95 +0\.83 /m);
  // Of nine columns of corners the published form misses two: 55.868 / 69.665.
  expect(await readFile(join(out, 'scores.csv'), 'utf8')).toBe(
    'Name,DSC,NSD\na.png,0.5000,0.8020\nb.png,1.0000,1.0000\nc.png,0.8750,1.0000\n',
  );
  const { images, published } = JSON.parse(await readFile(join(out, 'scores.json'), 'utf8'));
  expect(images[0]).toMatchObject({ name: 'a', file: 'a.png', hd95: 2 });
  expect(images[0].dsc).toBeCloseTo(0.5, 8);
  expect(images[0].dsc).not.toBe(0.5);
  expect(published.dsc).toBe((0.5 + 1 + 0.875) / 3);
});

it('calibrates where there are maps', async () => {
  const { code, out } = await score({ probabilities: maps, json: true });
  expect(code).toBe(0);
  const { calibration, images } = JSON.parse(out);
  expect(calibration.pixels).toBe(1200);
  expect(calibration.selective.riskCoverage).toHaveLength(100);
  // Of image a 32 pixels are wrongly found at 0.9 and 32 missed at 0.05, all of them surer than its weak half at 0.6.
  expect(calibration.selective.areaOfRandomOrder).toBeCloseTo((64 + 16) / 1200, 12);
  expect(images[0].brier).toBeCloseTo((32 * 0.9 ** 2 + 32 * 0.4 ** 2 + 32 * 0.95 ** 2 + 304 * 0.05 ** 2) / 400, 4);
  expect((await score({ probabilities: maps })).out).toMatch(/^AUROC of uncertainty for wrong pixels +0\.\d{4}$/m);
});

it('has no correlations of a single image', async () => {
  const [one, alone] = [join(folder, 'one-map'), join(folder, 'one-truth')];
  await Promise.all([one, alone].map((path) => mkdir(path)));
  await map(join(one, 'a.png'), 8);
  await square(join(alone, 'a.png'), 4);
  const { out } = await score({ predictions: alone, truth: alone, probabilities: one });
  expect(out).toMatch(/^1 image; /);
  expect(out).toMatch(/^Mean uncertainty with DSC, Pearson +–$/m);
  expect(out).not.toContain('NaN');
});

it('reports worst and best cases in one file', async () => {
  const report = join(folder, 'report.html');
  expect((await score({ probabilities: maps, images: truth, report })).code).toBe(0);
  const page = await readFile(report, 'utf8');
  const titles = [...page.matchAll(/alt="([^"]*)"/g)].map(([, title]) => title);
  // Two of three are the worst, the worst first; the rest is the best.
  expect(titles.filter((title) => title?.startsWith('Prediction'))).toEqual([
    'Prediction of a',
    'Prediction of c',
    'Prediction of b',
  ]);
  expect(titles).toHaveLength(3 * 4);
  expect(page.match(/src="data:image\/jpeg;base64,/g)).toHaveLength(3 * 4);
  expect(page.match(/<svg /g)).toHaveLength(4);
  // Without images and maps: the masks alone.
  expect((await score({ report })).code).toBe(0);
  expect((await readFile(report, 'utf8')).match(/src="data:/g)).toHaveLength(3 * 2);
});

describe('with files that do not pair', () => {
  it('scores what is there, names what is not, and fails', async () => {
    await square(join(truth, 'd.png'), 4);
    await square(join(predictions, 'e.png'), 4);
    const { code, out, err } = await score({ json: true });
    await Promise.all([rm(join(truth, 'd.png')), rm(join(predictions, 'e.png'))]);
    expect(code).toBe(1);
    const { images, missing, extra } = JSON.parse(out);
    expect([images.length, missing, extra]).toEqual([3, ['d'], ['e']]);
    expect(err).toContain('expected 4 images, got 3');
    expect(err).toContain('Missing: d');
    expect(err).toContain('no true mask for 1: e');
  });

  it.each([
    [
      'a folder that is not there',
      () => ({ predictions: join(folder, 'none') }),
      '--predictions: expected a folder of images',
    ],
    ['maps of other names', () => ({ probabilities: folder }), 'expected a map for every mask, got none for a, b, c'],
    ['a spacing of nothing', () => ({ spacing: '0' }), '--spacing: expected the size of a pixel above 0'],
  ])('refuses %s', async (_, flags, message) => {
    const { code, err } = await score(flags());
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('refuses two files of one name', async () => {
    await square(join(predictions, 'a.tif.png'), 4);
    await writeFile(join(predictions, 'a.jpg'), '');
    const { code, err } = await score();
    await Promise.all([rm(join(predictions, 'a.tif.png')), rm(join(predictions, 'a.jpg'))]);
    expect(code).toBe(2);
    expect(err).toContain("expected one file of each name, got 'a.jpg' and 'a.png'");
  });
});

describe('masks of other values than 0 and 255', () => {
  type Square = readonly [left: number, value: number | readonly [number, number, number]];

  /** 20x20 pixels with 8x8 squares of some values. */
  const draw = async (path: string, squares: readonly Square[], depth: 8 | 16 = 8) => {
    const color = squares.some(([, value]) => Array.isArray(value));
    const channels = color ? 3 : 1;
    const data = new (depth === 16 ? Uint16Array : Uint8Array)(400 * channels);
    for (const [left, value] of squares)
      for (let y = 4; y < 12; y++)
        for (let x = left; x < left + 8; x++) data.set([value].flat() as number[], (20 * y + x) * channels);
    await writePng(path, { width: 20, height: 20, channels, data });
  };

  /** Folders of true masks and predictions, one file for each list of squares. */
  const folders = async (
    trueMasks: readonly (readonly Square[])[],
    predicted: readonly (readonly Square[])[],
    depth: 8 | 16 = 8,
  ) => {
    const place = await mkdtemp(join(folder, 'values-'));
    const paths = { truth: join(place, 't'), predictions: join(place, 'p') };
    for (const [path, masks] of [
      [paths.truth, trueMasks],
      [paths.predictions, predicted],
    ] as const) {
      await mkdir(path);
      for (const [i, squares] of masks.entries()) await draw(join(path, `${i}.png`), squares, depth);
    }
    return paths;
  };

  const dsc = async (paths: Partial<EvaluateOptions>) => {
    const { code, out, err } = await score({ ...paths, json: true });
    return code === 0 ? JSON.parse(out).images.map((image: { dsc: number }) => image.dsc) : err;
  };

  it.each([
    ['0 and 1', 1, 1, 8],
    ['0 and 1 in 16 bits', 1, 1, 16],
    ['0 and 65535', 65535, 65535, 16],
    ['0 and 1 against 0 and 255', 1, 255, 8],
    ['red on black against white', [255, 0, 0], 255, 8],
  ] as const)('score 0 where %s share no pixel, and 1 where they agree', async (_, ofTruth, ofPrediction, depth) => {
    const [there, away] = await dsc(
      await folders([[[2, ofTruth]], [[2, ofTruth]]], [[[2, ofPrediction]], [[10, ofPrediction]]], depth),
    );
    expect(there).toBeCloseTo(1, 8);
    expect(away).toBe(0);
  });

  it('are scored for each label, with their mean', async () => {
    const paths = await folders(
      [
        [
          [0, 1],
          [10, 2],
        ],
      ],
      [
        [
          [0, 1],
          [6, 2],
        ],
      ],
    );
    const out = join(folder, 'labels');
    const { code, out: text } = await score({ ...paths, out, json: true });
    expect(code).toBe(0);
    const { labels, mean } = JSON.parse(text);
    expect(Object.keys(labels)).toEqual(['1', '2']);
    const [one, two] = ['1', '2'].map((label) => labels[label].summary.dsc.mean);
    // The prediction of label 2 covers two columns of label 1 and four of label 2.
    expect(one).toBeCloseTo((2 * 48) / (64 + 48), 8);
    expect(two).toBeCloseTo(0.5, 8);
    expect(mean.dsc).toBeCloseTo((one + two) / 2, 12);
    expect((await score(paths)).out).toMatch(
      /label 1: 1 image;[\s\S]*label 2: [\s\S]*mean of 2 labels\n\n +mean\nDSC +67\.86/,
    );
    expect(await dsc({ ...paths, label: '2' })).toEqual([labels['2'].images[0].dsc]);
    expect(await dsc({ ...paths, label: '3' })).toContain('expected label maps with the value 3, got 1, 2');
    expect((await score({ ...paths, report: join(folder, 'x.html') })).err).toContain('Choose one with --label');
    expect((await run(() => compare(join(out, 'label-1'), join(out, 'label-2'), {}))).code).toBe(0);
    expect((await run(() => compare(out, out, {}))).err).toContain('of label maps, the folder of one label');
  });

  it('score a label that was never predicted with 0', async () => {
    const paths = await folders(
      [
        [
          [0, 1],
          [10, 2],
        ],
      ],
      [[[0, 1]]],
    );
    const { labels } = JSON.parse((await score({ ...paths, json: true })).out);
    expect(labels['2'].summary.dsc.mean).toBe(0);
    expect(await dsc({ ...paths, label: '1' })).toEqual([expect.closeTo(1, 8)]);
  });

  it('are refused where labels cannot be matched', async () => {
    for (const [truths, predicted] of [
      [
        [
          [0, 1],
          [10, 2],
        ],
        [[0, 255]],
      ],
      [[[0, 1]], [[0, 2]]],
      [
        [
          [0, 1],
          [10, 2],
        ],
        [
          [0, [255, 0, 0]],
          [10, [0, 255, 0]],
        ],
      ],
    ] as const) {
      const paths = await folders([truths], [predicted]);
      expect(await dsc(paths)).toMatch(
        /^labels: expected true masks and predictions with the same labels, got --truth with /,
      );
    }
    const paths = await folders(
      [
        [
          [0, 1],
          [10, 2],
        ],
      ],
      [[[0, 255]]],
    );
    expect(await dsc({ ...paths, label: '1' })).toEqual([expect.closeTo(1, 8)]);
    const mixed = await folders([[[0, 1]], [[0, 255]]], [[[0, 1]], [[0, 1]]]);
    expect(await dsc(mixed)).toContain('expected masks that all use the same values, got 0, 1 in ');
  });

  it('name the images without foreground in either mask', async () => {
    const paths = await folders([[], [[2, 1]]], [[], [[6, 1]]]);
    const { out } = await score({ ...paths, json: true });
    expect(JSON.parse(out).bothEmpty).toEqual(['0']);
    expect((await score(paths)).out).toMatch(/1 of 2 images have no foreground .*: 0\nDSC of the other 1: 50\.00/);
  });
});

describe('two runs', () => {
  it('are compared image by image', async () => {
    const [a, b] = [join(folder, 'first'), join(folder, 'second')];
    await score({ out: a });
    const better = join(folder, 'better');
    await mkdir(better);
    for (const name of ['a', 'b', 'c']) await square(join(better, `${name}.png`), name === 'a' ? 5 : 4);
    expect((await score({ predictions: better, out: b })).code).toBe(0);
    const { code, out } = await run(() => compare(a, b, { json: true }));
    expect(code).toBe(0);
    const { images, scores } = JSON.parse(out);
    expect(images).toBe(3);
    expect(scores.dsc.difference.value).toBeCloseTo((0.375 + 0 + 0.125) / 3, 6);
    expect([scores.dsc.greater, scores.dsc.equal, scores.dsc.less, scores.dsc.wilcoxon.pValue]).toEqual([2, 1, 0, 0.5]);
    expect((await run(() => compare(a, b, {}))).out).toMatch(/^HD95 +1\.67 +0\.33 +-1\.33 .* 2 \/ 1 \/ 0 +0\.5000$/m);
  });

  it('are paired by name; what one of them lacks is named', async () => {
    const [a, b] = [join(folder, 'first'), join(folder, 'part')];
    await score({ out: a });
    await mkdir(b);
    const results = JSON.parse(await readFile(join(a, 'scores.json'), 'utf8'));
    await writeFile(join(b, 'scores.json'), JSON.stringify({ images: results.images.slice(1) }));
    const { code, err, out } = await run(() => compare(a, b, { json: true }));
    expect(code).toBe(1);
    expect([JSON.parse(out).images, JSON.parse(out).unpaired]).toEqual([2, ['a']]);
    expect(err).toContain('Missing: a');
    expect((await run(() => compare(a, join(folder, 'nothing'), {}))).err).toContain('expected the scores of a run');
    await writeFile(join(b, 'scores.json'), '{"images":[{"name":"a"}]}');
    expect((await run(() => compare(a, b, {}))).code).toBe(2);
  });
});

it('reads its probability maps back to the step, and maps of 8 bits', async () => {
  const path = join(folder, 'map.png');
  const data = Float32Array.from({ length: 70_000 }, (_, i) => Math.min(1, i / 65535));
  const written = { width: 700, height: 100, data };
  await writeProbability(path, written);
  expect(await readProbability(path)).toEqual(rounded(written));
  await sharp(Buffer.from([0, 51, 255, 102]), { raw: { width: 2, height: 2, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path);
  const coarse = await readProbability(path);
  expect([...coarse.data]).toEqual([0, 51 / 255, 1, 102 / 255].map(Math.fround));
  expect(probabilityAt(coarse, { width: 1, height: 1, data: [0] })).toHaveLength(1);
});
