// Compares what we read with what an oracle read, and writes the comparison as a Markdown table.
import { writeFile } from 'node:fs/promises';
import type { RasterImage } from '@medclipseg/datasets';
import { isDatasetError } from '@medclipseg/datasets';
import type { Reading } from './oracle.ts';

export type Outcome = 'equal' | 'close' | 'refused' | 'explained' | 'different' | 'unchecked' | 'fault';

export interface Row {
  readonly file: string;
  readonly outcome: Outcome;
  readonly detail: string;
}

/** Largest and mean difference of two images in 8-bit steps; infinite where their sizes differ. */
function difference(image: RasterImage, { width, height, channels, data }: Reading) {
  if (width !== image.width || height !== image.height) return { largest: Infinity, mean: Infinity };
  let [largest, sum] = [0, 0];
  const pixels = width * height;
  for (let i = 0; i < pixels; i++)
    for (let c = 0; c < 3; c++) {
      const ours = image.data[i * image.channels + (image.channels === 3 ? c : 0)] as number;
      const theirs = data[i * channels + (channels === 3 ? c : 0)] as number;
      const apart = Math.abs(ours - theirs);
      largest = Math.max(largest, apart);
      sum += apart;
    }
  return { largest, mean: sum / (3 * pixels) };
}

/**
 * Reads a file and compares it with the readings of an oracle.
 *
 * @param bound largest difference that the format allows, in 8-bit steps
 */
export async function compareFile(
  file: string,
  read: () => Promise<RasterImage>,
  readings: readonly (() => Promise<Reading>)[],
  bound = 0,
): Promise<Row> {
  let image: RasterImage;
  try {
    image = await read();
  } catch (error) {
    const refused = isDatasetError(error);
    return { file, outcome: refused ? 'refused' : 'fault', detail: String((error as Error).message ?? error) };
  }
  const size = `${image.width}x${image.height}`;
  if (readings.length === 0) return { file, outcome: 'unchecked', detail: size };
  const results: { reader: string; size: string; largest: number; mean: number }[] = [];
  for (const load of readings) {
    const reading = await load();
    results.push({
      reader: reading.reader,
      size: `${reading.width}x${reading.height}`,
      ...difference(image, reading),
    });
  }
  results.sort((a, b) => a.largest - b.largest);
  const [best] = results as [(typeof results)[number]];
  const detail = results
    .map(({ reader, size: theirs, largest, mean }) =>
      Number.isFinite(largest)
        ? `${reader}: largest difference ${largest}, mean ${mean.toFixed(3)}`
        : `${reader}: ${theirs} where we read ${size}`,
    )
    .join('; ');
  const outcome = best.largest === 0 ? 'equal' : best.largest <= bound ? 'close' : 'different';
  return { file, outcome, detail };
}

/** A difference with its reason, where one is known. */
export const explained = (row: Row, reason: string | undefined): Row =>
  row.outcome === 'different' && reason ? { ...row, outcome: 'explained', detail: `${reason} (${row.detail})` } : row;

/** Writes the rows as Markdown, counted by outcome, and returns the counts as a line. */
export async function writeTable(title: string, rows: readonly Row[], path: string): Promise<string> {
  const counts = new Map<Outcome, number>();
  for (const { outcome } of rows) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const line = `${rows.length} files: ${[...counts].map(([outcome, n]) => `${n} ${outcome}`).join(', ')}`;
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const body = [...rows]
    .sort((a, b) => a.outcome.localeCompare(b.outcome) || a.file.localeCompare(b.file))
    .map(({ file, outcome, detail }) => `| ${cell(file)} | ${outcome} | ${cell(detail)} |`);
  await writeFile(
    path,
    [`# ${title}`, '', line, '', '| file | outcome | detail |', '| --- | --- | --- |', ...body, ''].join('\n'),
  );
  return line;
}
