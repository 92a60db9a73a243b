// Archives that would leave the folder, be links, or fill the disk are refused whole; EUS is prepared as published.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { type Zippable, zipSync } from 'fflate';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetError } from '../errors.ts';
import { readImage } from '../images/decode-node.ts';
import { prepareEus } from './eus.ts';
import { extractArchive } from './extract.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archives-'));
});
afterEach(() => rm(folder, { recursive: true }));

const text = (value: string) => new TextEncoder().encode(value);
const archivePath = () => join(folder, 'BUSI.zip');
const target = () => join(folder, 'out/BUSI');

async function extract(bytes: Uint8Array, options?: Parameters<typeof extractArchive>[2]): Promise<void> {
  await writeFile(archivePath(), bytes);
  await extractArchive(archivePath(), target(), options);
}

const LINK_MODE = (0o120777 << 16) >>> 0;

describe('extraction', () => {
  it('keeps folders, leaves out the one around everything and the files of macOS, and reports progress', async () => {
    const progress: number[] = [];
    const files: Zippable = {
      'BUSI/': new Uint8Array(0),
      'BUSI/Train_Folder/img/a.png': text('a'),
      'BUSI/Prompts_Folder/x.xlsx': text('sheet'),
      '__MACOSX/BUSI/._a.png': text('clutter'),
      'BUSI/.DS_Store': text('clutter'),
    };
    await extract(zipSync(files), { onProgress: (unpacked, total) => progress.push(unpacked / total) });
    expect(await readFile(join(target(), 'Train_Folder/img/a.png'), 'utf8')).toBe('a');
    expect(await readdir(target(), { recursive: true })).toHaveLength(5);
    expect(progress).toEqual([1 / 6, 1]);
    await extractArchive(archivePath(), target()).then(
      () => expect.unreachable(),
      (error) => expect(error.message).toMatch(/expected no folder or an empty one, got one with 2 entries/),
    );
  });

  it('without one folder for everything keeps the paths', async () => {
    await extract(zipSync({ 'Train_Folder/a': text('a'), 'Test_Folder/a': text('b') }));
    expect((await readdir(target())).sort()).toEqual(['Test_Folder', 'Train_Folder']);
  });

  const named = (name: string) => zipSync({ 'good.png': text('x'), [name]: text('y') });
  it.each([
    ['a path upwards', named('../evil.png'), /'\.\.\/evil\.png'|invalid relative path/],
    ['a path upwards in the middle', named('a/../../evil.png'), /a\/\.\.\/\.\.\/evil\.png/],
    ['an absolute path', named('/etc/evil'), /\/etc\/evil/],
    ['a drive', named('C:evil.png'), /C:evil.png/],
    ['a backslash', named('..\\evil.png'), /evil.png/],
    ['an empty part', named('a//evil.png'), /a\/\/evil.png/],
    [
      'a link',
      zipSync({ link: [text('/etc'), { os: 3, attrs: LINK_MODE }] }),
      /expected plain files, got the link 'link'/,
    ],
    ['a device', zipSync({ tty: [text(''), { os: 3, attrs: (0o020666 << 16) >>> 0 }] }), /got 'tty' of another kind/],
    [
      'one name twice, but for case',
      zipSync({ 'a.png': text('x'), 'A.png': text('y') }),
      /expected each file once, got 'A.png' again/,
    ],
    ['a bomb', zipSync({ 'bomb.png': new Uint8Array(2 ** 23) }), /expected files with the compression of images/],
    ['no files', zipSync({}), /expected files, got none/],
    [
      'no archive',
      text('<html>not found</html>'),
      /expected a complete zip archive, got one that cannot be read\. Nothing/,
    ],
  ])('refuses %s and keeps nothing', async (_, bytes, reason) => {
    const extracting = extract(bytes);
    await expect(extracting).rejects.toMatchObject({ tag: 'datasets/archive', archive: archivePath() });
    await expect(extracting).rejects.toThrow(reason);
    expect(await readdir(join(folder, 'out')).catch(() => [])).toEqual([]);
    expect(await readdir(dirname(folder))).not.toContain('evil.png');
  });

  it('refuses more bytes than allowed, and false sizes', async () => {
    await expect(extract(zipSync({ a: new Uint8Array(100) }, { level: 0 }), { maximumBytes: 99 })).rejects.toThrow(
      'at most 99 bytes',
    );
    const lying = Buffer.from(zipSync({ a: text('twelve bytes') }));
    lying.writeUInt32LE(4, lying.indexOf('PK\x01\x02', 0, 'latin1') + 24);
    await expect(extract(lying)).rejects.toMatchObject({ tag: 'datasets/archive' });
    expect(await readdir(join(folder, 'out'))).toEqual([]);
  });

  it('stops when aborted, and keeps nothing', async () => {
    const control = new AbortController();
    const bytes = zipSync({ a: text('a'), b: text('b') });
    await expect(extract(bytes, { signal: control.signal, onProgress: () => control.abort() })).rejects.toThrow(
      /abort/i,
    );
    expect(await readdir(join(folder, 'out'))).toEqual([]);
  });

  it('of a damaged archive gives its files or one of our errors', async () => {
    const whole = zipSync({
      'BUSI/a.png': text('some text that packs, some text that packs'),
      'BUSI/b/c.png': text('c'),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), async (at, value, cut) => {
        const bytes = cut ? whole.slice(0, at) : Uint8Array.from(whole);
        if (!cut) bytes[at] = value;
        await rm(join(folder, 'out'), { recursive: true, force: true });
        await extract(bytes).catch((error) => expect(error).toBeInstanceOf(DatasetError));
        expect((await readdir(folder)).sort().filter((name) => name !== 'out')).toEqual(['BUSI.zip']);
      }),
      { numRuns: 300 },
    );
  });
});

describe('EUS', () => {
  const tif = (value: number, channels: 1 | 3) =>
    sharp(new Uint8Array(6 * 4 * channels).fill(value), { raw: { width: 6, height: 4, channels } })
      .tiff({ compression: 'none' })
      .toBuffer();

  async function sources() {
    const [cancer, healthy, prompts] = ['cancer', 'healthy', 'prompts'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const put = async (path: string, bytes: Uint8Array | string) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    };
    await put(join(cancer, 'C10/V3_0313.tif'), await tif(10, 3));
    await put(join(cancer, 'Annotations/C10/V3_0313.tif'), await tif(255, 1));
    await put(join(cancer, 'C10/V3_0314.tif'), await tif(20, 3));
    await put(join(healthy, 'H1/V1_0001.tif'), await tif(30, 1));
    const sheet = (...names: string[]) =>
      ['Image,Description,Ground Truth', ...names.map((n) => `${n}.png,text,${n}.png`)].join('\n');
    await put(join(prompts, 'Train_text.csv'), sheet('C10_V3_0313', 'C10_V3_0314', 'C10_V3_0313'));
    await put(join(prompts, 'Val_text.csv'), sheet('H1_V1_0001', 'H9_V9_0009'));
    await put(join(prompts, 'Test_text_original.csv'), sheet('H1_V1_0001'));
    return { cancer, healthy, prompts };
  }

  it('is prepared from its two folders: masks of annotated frames, empty ones for the rest', async () => {
    const out = join(folder, 'EUS');
    expect(await prepareEus(await sources(), out)).toEqual({
      frames: { train: 2, val: 1, test: 1 },
      missing: ['H9_V9_0009.png'],
      unannotated: ['C10_V3_0314.png'],
    });
    expect((await readdir(join(out, 'Train_Folder/img'))).sort()).toEqual(['C10_V3_0313.png', 'C10_V3_0314.png']);
    const pixels = async (path: string) => new Set((await readImage(join(out, path), 'gray')).data);
    expect(await pixels('Train_Folder/img/C10_V3_0313.png')).toEqual(new Set([10]));
    expect(await pixels('Train_Folder/label/C10_V3_0313.png')).toEqual(new Set([255]));
    expect(await pixels('Train_Folder/label/C10_V3_0314.png')).toEqual(new Set([0]));
    expect(await pixels('Test_Folder/label/H1_V1_0001.png')).toEqual(new Set([0]));
    expect(await readdir(join(out, 'Prompts_Folder'))).toHaveLength(3);
  });

  it('without any of its frames, or with names that are none, is refused and nothing is kept', async () => {
    const good = await sources();
    const out = join(folder, 'EUS');
    const nowhere = { ...good, cancer: join(folder, 'x'), healthy: join(folder, 'y') };
    await expect(prepareEus(nowhere, out)).rejects.toThrow(
      'expected the frames that the sheets name, got none of them',
    );
    await writeFile(join(good.prompts, 'Val_text.csv'), 'Image,Description,Mask\nplain.png,text,a.png\n');
    await expect(prepareEus(good, out)).rejects.toThrow("expected a name such as 'C10_V3_0313.png'");
    expect(await readdir(folder)).not.toContain('EUS');
  });
});
