// Image files against OpenCV and Pillow: `images.ts --python PYTHON --out TABLE.md FOLDER_OR_FILE...`
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sniffFormat } from '@medclipseg/datasets';
import { decodeImage } from '@medclipseg/datasets/node';
import { runOracle } from './oracle.ts';
import { compareFile, type Row, writeTable } from './table.ts';

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
    rows.push(await compareFile(name, read, readings.get(file) ?? [], BOUNDS[format]));
  }
  process.stdout.write(`${await writeTable('Image files', rows, values.out)}\n${values.out}\n`);
} finally {
  await rm(folder, { recursive: true });
}
