// predict over folders: the same files after an interruption, in shards, and in any order; jobs, volumes, and what fails.
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { drawPhantom } from '@medclipseg/datasets';
import { encodeNifti, openVolume, writePng } from '@medclipseg/datasets/node';
import { weights as mini } from '@medclipseg/mini';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = new URL('../../main.ts', import.meta.url).pathname;
/** By its address, since the command runs in another folder. */
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

let folder = '';
const at = (...parts: string[]) => join(folder, ...parts);

/** A NIfTI volume of 8 slices with a bright ball, in millimeters, its axes to the left, posterior and superior. */
function ball(): Uint8Array {
  const [columns, rows, slices] = [24, 20, 8];
  const bytes = new Uint8Array(348);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  for (const [i, n] of [3, columns, rows, slices, 1, 1, 1, 1].entries()) view.setInt16(40 + 2 * i, n, true);
  for (const [i, n] of [1, 1.5, 1.5, 4, 1, 1, 1, 1].entries()) view.setFloat32(76 + 4 * i, n, true);
  bytes[123] = 2;
  view.setInt16(254, 1, true);
  for (const [i, n] of [-1.5, 0, 0, 0, 0, -1.5, 0, 0, 0, 0, 4, 0].entries()) view.setFloat32(280 + 4 * i, n, true);
  const voxels = Uint8Array.from({ length: columns * rows * slices }, (_, i) => {
    const [x, y, z] = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / (columns * rows))];
    return Math.hypot(x - 10, y - 9, 2 * (z - 4)) < 6 ? 200 : 60;
  });
  return encodeNifti({ bytes, littleEndian: true }, voxels);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folders-'));
  await mkdir(at('scans', 'b', 'deep'), { recursive: true });
  for (const [i, name] of ['a.png', 'b/a.png', 'b/deep/c.png', 'd.png', 'e.png'].entries())
    await writePng(at('scans', name), drawPhantom({ modality: 'endoscopy', seed: 9000 + i, size: 64 }).image);
  await writeFile(at('scans', 'ball.nii'), ball());
  await writeFile(at('scans', 'broken.png'), (await readFile(at('scans', 'a.png'))).subarray(0, 200));
  await writeFile(at('scans', 'notes.txt'), 'no image');
  await writeFile(at('scans', '.hidden.png'), '');
});
afterAll(() => rm(folder, { recursive: true }));

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(...args: string[]): { readonly child: ChildProcess; readonly result: Promise<Result> } {
  const node = ['--conditions=@medclipseg/source', '--import', tsx, main, 'predict', ...args];
  const child = spawn(process.execPath, [...node, '--backend', 'wasm', '--samples', '1'], { cwd: folder });
  let [out, err] = ['', ''];
  child.stdout?.on('data', (text) => {
    out += text;
  });
  child.stderr?.on('data', (text) => {
    err += text;
  });
  const result = new Promise<Result>((resolve) => child.on('close', (code) => resolve({ code, out, err })));
  return { child, result };
}

const predict = (...args: string[]) => start(...args).result;
const whole = (...args: string[]) => predict('scans', '--prompt', 'one polyp', ...args);

/** Contents of all files but the times, which are never the same. */
async function contents(out: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of (await readdir(out, { recursive: true })).sort())
    if (name !== 'times.csv' && (await stat(join(out, name))).isFile())
      found.set(name.replaceAll('\\', '/'), (await readFile(join(out, name))).toString('base64'));
  return found;
}

/** Waits until a file exists, or the process has ended. */
async function appears(path: string, { child }: { readonly child: ChildProcess }): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    if (await stat(path).catch(() => undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('predict over a folder', () => {
  let undisturbed = new Map<string, string>();

  it('writes results by the paths of their inputs, and a report; what fails is listed, and all else is written', async () => {
    const { code, out, err } = await whole('--out', 'whole');
    expect(code, err).toBe(1);
    expect(out.split('\n').filter((line) => / s$/.test(line))).toHaveLength(6);
    expect(out).toContain('6 of 7 done, 1 failed: whole');
    expect(err).toMatch(/failed:\n {2}.*broken\.png: expected .*\n1 file was left out/);
    undisturbed = await contents(at('whole'));
    for (const name of ['a-mask.png', 'b/a-mask.png', 'b/deep/c-overlay.png', 'ball-mask.nii', 'report.csv'])
      expect([...undisturbed.keys()]).toContain(name);
    const report = JSON.parse(await readFile(at('whole', 'report.json'), 'utf8'));
    expect(report).toMatchObject({ done: 6, failed: 1, pending: 0, leftOut: [{ reason: 'no image' }] });
    const names = report.results.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['a', 'b/a', 'b/deep/c', 'ball', 'broken', 'd', 'e']);
    expect(report.results[4]).toMatchObject({ status: 'failed', error: expect.stringContaining('broken.png') });
    const ranks = report.results.flatMap(({ review }: { review?: number }) => review ?? []);
    expect([...ranks].sort()).toEqual(ranks.map((_: number, i: number) => i + 1));
    const lines = (await readFile(at('whole', 'report.csv'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(8);
    expect(lines[0]).toMatch(/^image,name,status,class,prompt,slices,foreground_share,area_mm2,volume_ml/);
  });

  it('gives an image what a call of its own gives it', async () => {
    expect((await predict('scans/b/a.png', '--prompt', 'one polyp', '--out', 'own')).code).toBe(0);
    const own = await contents(at('own'));
    for (const kind of ['mask', 'probability', 'uncertainty', 'overlay'])
      expect(own.get(`a-${kind}.png`), kind).toBe(undisturbed.get(`b/a-${kind}.png`));
    expect(JSON.parse(await readFile(at('own', 'a-report.json'), 'utf8'))).toHaveProperty('seconds');
  });

  it('killed and continued, gives the files of an undisturbed run', async () => {
    const run = start('scans', '--prompt', 'one polyp', '--out', 'killed');
    await appears(at('killed', 'b/a-report.json'), run);
    run.child.kill('SIGKILL');
    expect((await run.result).code).toBeNull();
    const { code, out } = await whole('--out', 'killed', '--skip-existing');
    expect(code).toBe(1);
    expect(out).toMatch(/of 7 done, [1-9] of them before, 1 failed/);
    expect(await contents(at('killed'))).toEqual(undisturbed);
    const again = await whole('--out', 'killed', '--skip-existing');
    expect(again.out).toContain('6 of 7 done, 6 of them before');
    expect(again.err).not.toContain('backend:');
  });

  it('stopped by Ctrl-C, reports what is pending and can be continued', async () => {
    const run = start('scans', '--prompt', 'one polyp', '--out', 'stopped');
    await appears(at('stopped', 'a-report.json'), run);
    run.child.kill('SIGINT');
    const { code, err } = await run.result;
    expect(code, err).toBe(130);
    expect(err).toMatch(/\d of 7 inputs were reached\. Continue with --skip-existing\./);
    const report = JSON.parse(await readFile(at('stopped', 'report.json'), 'utf8'));
    expect(report.pending).toBeGreaterThan(0);
    expect([...(await contents(at('stopped'))).keys()].filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it('in shards, into one folder or into several that are joined, gives the files of one run', async () => {
    for (const part of ['1/2', '2/2']) expect((await whole('--out', 'shards', '--shard', part)).code).not.toBe(2);
    expect(await contents(at('shards'))).toEqual(undisturbed);
    await whole('--out', 'first', '--shard', '1/2');
    await whole('--out', 'second', '--shard', '2/2');
    await cp(at('second'), at('first'), { recursive: true });
    const merged = await whole('--out', 'first', '--skip-existing');
    expect(merged.out).toContain('6 of 7 done, 6 of them before, 1 failed');
    expect(await contents(at('first'))).toEqual(undisturbed);
    expect((await whole('--shard', '3/2')).err).toContain(
      "--shard: expected a part such as 2/5, the second of five, got '3/2'",
    );
  });

  it('does again what was made with other settings, and of other inputs', async () => {
    await cp(at('own'), at('other'), { recursive: true });
    const run = (...args: string[]) =>
      predict('scans/d.png', 'copy.png', '--out', 'changed', '--skip-existing', ...args);
    await cp(at('scans/e.png'), at('copy.png'));
    expect((await run('--prompt', 'one polyp')).out).toContain('2 of 2 done:');
    expect((await run('--prompt', 'one polyp')).out).toContain('2 of 2 done, 2 of them before');
    await cp(at('scans/a.png'), at('copy.png'));
    expect((await run('--prompt', 'one polyp')).out).toContain('2 of 2 done, 1 of them before');
    const { out } = await run('--class', 'polyp=one polyp');
    expect(out).toContain('2 of 2 done:');
    const ofModel = () => run('--prompt', 'one polyp', '--model', 'model.safetensors');
    const weights = await readFile(fileURLToPath(mini));
    await writeFile(at('model.safetensors'), weights);
    expect((await ofModel()).out).toContain('2 of 2 done:');
    expect((await ofModel()).out).toContain('2 of 2 done, 2 of them before');
    weights[weights.length - 2] = (weights.at(-2) as number) ^ 1;
    await writeFile(at('model.safetensors'), weights);
    expect((await ofModel()).out).toContain('2 of 2 done:');
    expect((await run('--class', 'polyp=one polyp')).out).toContain('2 of 2 done:');
    const names = await readdir(at('changed'), { recursive: true });
    expect(names.filter((name) => name.endsWith('-mask.png'))).toEqual([]);
  });
});

describe('predict on a volume', () => {
  it('writes maps in the geometry of the file, and the volume of the mask', async () => {
    const { code, out, err } = await predict(
      'scans/ball.nii',
      '--prompt',
      '0:4=one lesion',
      '--prompt',
      '4:6=polyp',
      '--out',
      'v',
    );
    expect(code, err).toBe(0);
    expect(out).toMatch(/ml.*, 6 axial slices, 1 sample each in [\d.]+ s\n.*ball-mask\.nii\n/);
    const report = JSON.parse(await readFile(at('v', 'ball-report.json'), 'utf8'));
    expect(report).toMatchObject({
      size: [24, 20, 8],
      spacing: [1.5, 1.5, 4],
      orientation: 'LPS',
      slices: '0:4,4:6',
      prompts: [
        { from: 0, to: 4, prompt: 'one lesion' },
        { from: 4, to: 6, prompt: 'polyp' },
      ],
    });
    const mask = await openVolume(at('v', 'ball-mask.nii'));
    expect(mask.shape).toEqual([24, 20, 8]);
    const bytes = (await readFile(at('v', 'ball-mask.nii'))).subarray(352);
    const voxels = bytes.reduce((sum, value) => sum + value, 0);
    expect(voxels).toBe(report.foregroundVoxels);
    expect(report.volumeMl).toBeCloseTo((voxels * 1.5 * 1.5 * 4) / 1000, 4);
    const probability = (await readFile(at('v', 'ball-probability.nii'))).subarray(352);
    expect(probability.readFloatLE(4 * 24 * 20 * 6)).toBeNaN();
  });

  it('refuses slices that it does not have, and images that are no volumes', async () => {
    expect(await predict('scans/ball.nii', '--prompt', 'x', '--slices', '2:9')).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected slices within 0:8, got 2:9'),
    });
    expect(await predict('scans/a.png', '--prompt', 'x', '--axis', 'axial')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a.png: expected a volume for --axis'),
    });
  });
});

describe('predict --jobs', () => {
  it('takes a prompt or classes for each image from a sheet', async () => {
    const rows = [
      'Image,Description,Class,Ground Truth',
      'a.jpg,one polyp,,x.png',
      'c.png,one polyp,polyp,',
      'c.png,one tumor,tumor,',
    ];
    await writeFile(at('jobs.csv'), rows.join('\n'));
    const { code, out, err } = await predict('scans', '--jobs', 'jobs.csv', '--out', 'jobs', '--json');
    expect(code, out).toBe(0);
    expect(err).toContain('left out');
    const report = JSON.parse(out);
    expect(report.results.map(({ name }: { name: string }) => name)).toEqual(['a', 'b/deep/c']);
    expect(report.results[1].classes.map(({ prompt }: { prompt: string }) => prompt)).toEqual([
      'one polyp',
      'one tumor',
    ]);
    expect(await readdir(at('jobs', 'b', 'deep'))).toContain('c-labels.png');
  });
});
