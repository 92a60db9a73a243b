// predict: label maps of several named prompts, and images that need a window.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawPhantom } from '@medclipseg/datasets';
import { readImage, writePng } from '@medclipseg/datasets/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thresholdOf, whatOf } from './what.ts';

const main = new URL('../../main.ts', import.meta.url).pathname;

let folder = '';
let scan = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'predict-'));
  scan = join(folder, 'scan.png');
  await writePng(scan, drawPhantom({ modality: 'endoscopy', seed: 9003, size: 96 }).image);
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const options = ['--conditions=@medclipseg/source', '--import', 'tsx', main, 'predict', scan];
    execFile(process.execPath, [...options, '--backend', 'wasm', ...args], (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

describe('predict --class', () => {
  it('writes one label map, maps of each class, and what each covers', async () => {
    const out = join(folder, 'out');
    const classes = ['--class', 'polyp=one polyp', '--class', 'none=no polyp', '--threshold', '0.2'];
    const { code, out: text, err } = await run(...classes, '--samples', '1', '--out', out, '--json');
    expect(code, err).toBe(0);
    const report = JSON.parse(text);
    expect((await readdir(out)).sort()).toEqual(
      [
        ...['1-probability', '1-uncertainty', '2-probability', '2-uncertainty', 'labels', 'overlay'].map(
          (kind) => `scan-${kind}.png`,
        ),
        'scan-report.json',
      ].sort(),
    );
    expect(JSON.parse(await readFile(join(out, 'scan-report.json'), 'utf8'))).toEqual(report);
    const { data, width, height } = await readImage(join(out, 'scan-labels.png'), 'gray');
    expect([width, height]).toEqual([96, 96]);
    expect(report).toMatchObject({ threshold: 0.2, interpolation: 'bilinear' });
    expect(report.classes.map(({ name, prompt }: Record<string, string>) => [name, prompt])).toEqual([
      ['polyp', 'one polyp'],
      ['none', 'no polyp'],
    ]);
    for (const { label, foregroundPixels } of report.classes)
      expect(data.filter((value) => value === label)).toHaveLength(foregroundPixels);
    expect(report.classes[0].foregroundPixels).toBeGreaterThan(0);
  });

  it('with nearest interpolation gives the pixels of the model, as the published evaluation', async () => {
    /** Whether each pixel of the model covers two by two of an image of twice its size. */
    const inBlocks = async (how: string) => {
      const out = join(folder, how);
      const { code, err } = await run('--prompt', 'one polyp', '--samples', '1', '--out', out, '--interpolation', how);
      expect(code, err).toBe(0);
      const { data, width } = await readImage(join(out, 'scan-probability.png'), 'gray');
      return data.every((value, i) => value === data[i - (Math.floor(i / width) % 2) * width - ((i % width) % 2)]);
    };
    await writePng(scan, drawPhantom({ modality: 'endoscopy', seed: 9003, size: 448 }).image);
    expect(await inBlocks('nearest')).toBe(true);
    expect(await inBlocks('bilinear')).toBe(false);
    expect((await run('--prompt', 'x', '--interpolation', 'cubic')).err).toMatch(/expected bilinear or nearest/);
  });
});

describe('classes', () => {
  it('are names with prompts', () => {
    expect(whatOf(['a polyp'], [])).toEqual({ prompt: 'a polyp' });
    expect(whatOf([], ['a=one = two', 'b c = three'])).toEqual({ classes: { a: 'one = two', 'b c': 'three' } });
    expect(whatOf([], [])).toBeUndefined();
  });

  it.each([
    [['x'], ['a=b'], /got both/],
    [[], ['a'], /--class: expected name=prompt, got 'a'/],
    [[], ['=b'], /expected name=prompt/],
    [[], ['a= '], /expected name=prompt/],
    [[], ['a=b', 'a=c'], /expected each name once, got 'a' twice/],
    [[' '], [], /a prompt of one word or more/],
    [['x', 'y'], [], /got 2 prompts/],
    [['0:4=x', 'y'], [], /got 2 prompts/],
    [['0:4=x', '3:=y'], [], /ranges that do not overlap, got 0:4 and 3:/],
    [['4:4=x'], [], /slices such as 10:40, from the first number to before the second, got '4:4'/],
  ])('refuses %j with %j', (prompts, given, message) => {
    expect(() => whatOf(prompts, given)).toThrow(message);
  });

  it('may be prompts of slices', () => {
    expect(whatOf(['9:=late', ':4=early = first'], [])).toEqual({
      ranges: [
        { from: 0, to: 4, prompt: 'early = first' },
        { from: 9, prompt: 'late' },
      ],
    });
    expect(whatOf(['ratio 2:1=x'], [])).toEqual({ prompt: 'ratio 2:1=x' });
  });

  it('have a threshold of their own', () => {
    expect(thresholdOf('0.3', true)).toBe(0.3);
    expect(thresholdOf(undefined, false)).toBeUndefined();
    expect(() => thresholdOf('1', true)).toThrow(/from 0 to below 1, got '1'/);
    expect(() => thresholdOf('0.5', false)).toThrow(/expected to be given with --class/);
  });
});

describe('predict --window', () => {
  it('shows 12-bit values in a 16-bit file; without it, a warning says how dark they are', async () => {
    const file = join(folder, 'deep.png');
    const data = Uint16Array.from({ length: 64 * 64 }, (_, i) => (i * 37) % 4096);
    await writePng(file, { width: 64, height: 64, channels: 1, data });
    const predict = (...args: string[]) =>
      run(...args, '--prompt', 'one polyp', '--samples', '1', '--out', join(folder, 'w'));
    const original = scan;
    scan = file;
    try {
      const plain = await predict();
      expect(plain.code, plain.err).toBe(0);
      expect(plain.err).toContain('--window');
      const shown = await predict('--window', '2048,4096');
      expect(shown.code, shown.err).toBe(0);
      expect(shown.err).not.toContain('--window');
      const wrong = await predict('--window', '2048');
      expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('--window: expected a center and a width') });
    } finally {
      scan = original;
    }
  });
});
