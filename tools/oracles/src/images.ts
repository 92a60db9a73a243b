// Image files against OpenCV and Pillow: `images.ts --python PYTHON --out TABLE.md FOLDER_OR_FILE...`
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sniffFormat } from '@medclipseg/datasets';
import { decodeImage } from '@medclipseg/datasets/node';
import { runOracle } from './oracle.ts';
import { compareFile, explained, type Row, writeTable } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string', default: 'python3' }, out: { type: 'string', default: 'images.md' } },
});

const files: string[] = [];
for (const path of positionals)
  if ((await stat(path)).isDirectory()) {
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    files.push(...entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
  } else files.push(path);

/** Largest difference between decoders of a lossy format: they round differently. */
const BOUNDS: Readonly<Record<string, number>> = { jpeg: 2, webp: 2 };

const FIVE_BITS = 'five and six bits are stretched to eight by rounding; Pillow cuts, OpenCV shifts';
const MASKS = 'OpenCV ignores the bit masks of the file';
const ALPHA = 'colors stay as stored, which OpenCV rounds otherwise; Pillow divides them by alpha';
const ROUNDING = 'the highest 8 bits stay; Pillow rounds';

/** Differences that are meant, by file name and reason. */
const EXPLAINED: Readonly<Record<string, string>> = {
  '12bit.cropped.tif': ROUNDING,
  'tiff_strip_cmyk_16l_jpeg.tif': ROUNDING,
  'rgb16.bmp': FIVE_BITS,
  'rgb16-565.bmp': FIVE_BITS,
  'rgb16-565pal.bmp': FIVE_BITS,
  'rgb32-111110.bmp': MASKS,
  'rgb32bf.bmp': MASKS,
  'tiff_16bit_RGBa.tiff': ALPHA,
  'tiff_strip_planar_16bit_RGBa.tiff': ALPHA,
  'tiff_tiled_planar_16bit_RGBa.tiff': ALPHA,
};

const folder = await mkdtemp(join(tmpdir(), 'oracles-'));
try {
  const readings = await runOracle(values.python, fileURLToPath(new URL('images.py', import.meta.url)), folder, files);
  const rows: Row[] = [];
  for (const file of files.sort()) {
    const bytes = new Uint8Array(await readFile(file));
    const format = sniffFormat(bytes);
    if (format === undefined) continue;
    const name = basename(file);
    const read = () => decodeImage(bytes, { name });
    rows.push(explained(await compareFile(name, read, readings.get(file) ?? [], BOUNDS[format]), EXPLAINED[name]));
  }
  process.stdout.write(`${await writeTable('Image files', rows, values.out)}\n${values.out}\n`);
} finally {
  await rm(folder, { recursive: true });
}
