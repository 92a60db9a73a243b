// DICOM and NIfTI files against pydicom, pylibjpeg and nibabel: `scans.ts --python PYTHON --out TABLE.md FOLDER_OR_FILE...`
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeImage } from '@medclipseg/datasets';
import { readImage } from '@medclipseg/datasets/node';
import { runOracle } from './oracle.ts';
import { compareFile, explained, type Row, writeTable } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string', default: 'python3' }, out: { type: 'string', default: 'scans.md' } },
});

const files: string[] = [];
for (const path of positionals)
  if ((await stat(path)).isDirectory()) {
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    files.push(...entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
  } else files.push(path);

/** Scans by their names: DICOM files often have no extension. */
const isScan = (path: string) => /\.(dcm|nii|nii\.gz|hdr)$/i.test(path) || /\/[^.]+$/.test(path);

/** Largest differences that rounding explains: tables and windows in integers, cosine transforms, chroma in JPEG. */
const BOUND = 2;

const CHROMA = 'libjpeg smooths subsampled chroma, pylibjpeg repeats it';
const GROUPS = 'pydicom applies neither the windows of functional groups nor supplemental palettes';
const BIG_ENDIAN = 'pydicom reads the palette low byte first; ours equals the little-endian copy of the file';

/** Differences that are meant, by file name and reason. */
const EXPLAINED: Readonly<Record<string, string>> = {
  '4d_multiframe_test.dcm': GROUPS,
  'color3d_jpeg_baseline.dcm': CHROMA,
  'eCT_Supplemental.dcm': GROUPS,
  'examples_ybr_color.dcm': CHROMA,
  'OBXXXX1A_expb.dcm': BIG_ENDIAN,
  'OBXXXX1A_expb_2frame.dcm': BIG_ENDIAN,
};

interface Item {
  readonly line: string;
  readonly path: string;
  readonly page: number;
  readonly volume: number;
}

/** First, middle and last page of the first and last volume. */
async function itemsOf(path: string): Promise<Item[]> {
  const facts = await describeImage(new Uint8Array(await readFile(path))).catch(() => ({ pages: 1, volumes: 1 }));
  const { pages, volumes = 1 } = facts;
  const pick = (count: number) => [...new Set([0, count >> 1, count - 1])];
  return pick(volumes).flatMap((volume) =>
    pick(pages).map((page) => ({ line: `${path}\t${page}\t${volume}`, path, page, volume })),
  );
}

const folder = await mkdtemp(join(tmpdir(), 'oracles-'));
try {
  const items = (await Promise.all(files.filter(isScan).sort().map(itemsOf))).flat();
  const lines = items.map(({ line }) => line);
  const readings = await runOracle(values.python, fileURLToPath(new URL('scans.py', import.meta.url)), folder, lines);
  const rows: Row[] = [];
  for (const { line, path, page, volume } of items) {
    const name = `${basename(path)}, page ${page}${volume > 0 ? `, volume ${volume}` : ''}`;
    const read = () => readImage(path, 'color', { page, volume });
    const row = await compareFile(name, read, readings.get(line) ?? [], BOUND);
    const named = { ...row, detail: row.detail.replaceAll(path, basename(path)) };
    rows.push(explained(named, EXPLAINED[basename(path)]));
  }
  process.stdout.write(`${await writeTable('DICOM and NIfTI files', rows, values.out)}\n${values.out}\n`);
} finally {
  await rm(folder, { recursive: true });
}
