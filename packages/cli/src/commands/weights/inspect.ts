// medclipseg weights inspect: lists the contents of a weight file.
import { escapeControlCharacters, type TensorFile, type TensorInfo } from '@medclipseg/weights';
import { openWeights } from './open.ts';

const sizeOf = ({ shape }: TensorInfo): number => shape.reduce((product, n) => product * n, 1);

function table({ tensors, metadata }: TensorFile): string {
  const rows = [...tensors].map(([name, { dtype, shape, aliasOf }]) => [
    escapeControlCharacters(name),
    dtype,
    `[${shape}]`,
    aliasOf === undefined ? '' : `= ${escapeControlCharacters(aliasOf)}`,
  ]);
  const width = (column: number) => rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0);
  const widths = [width(0), width(1), width(2)];
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const own = [...tensors.values()].filter(({ aliasOf }) => aliasOf === undefined);
  const numbers = own.reduce((sum, info) => sum + sizeOf(info), 0);
  const types = [...new Set(own.map(({ dtype }) => dtype))].join(', ');
  const notes = Object.entries(metadata).map(
    ([key, value]) => `${escapeControlCharacters(key)}: ${escapeControlCharacters(value.slice(0, 200))}`,
  );
  const aliases = tensors.size - own.length;
  return [
    ...lines,
    `${own.length} tensors of ${numbers} numbers (${types || 'none'}), ${aliases} aliases`,
    ...notes.slice(0, 20),
    ...(notes.length > 20 ? [`… and ${notes.length - 20} more entries; --json lists all`] : []),
  ].join('\n');
}

export async function inspect(
  place: string,
  { json }: { readonly json?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const file = await openWeights(place, signal);
  try {
    const tensors = [...file.tensors].map(([name, { dtype, shape, aliasOf }]) => ({ name, dtype, shape, aliasOf }));
    process.stdout.write(json ? `${JSON.stringify({ tensors, metadata: file.metadata })}\n` : `${table(file)}\n`);
  } finally {
    await file.close();
  }
}
