// The published table of scores: `Name,DSC,NSD`, rounded per image; averages are taken over the rounded columns.

export interface PublishedRow {
  /** File name of the true mask, extension included. */
  readonly file: string;
  readonly dsc: number;
  readonly nsdPublished: number;
}

/** Four decimals as NumPy rounds: the scaled number half to even, so 0.12345 becomes 0.1234. */
export function publishedRound(score: number): number {
  const scaled = score * 1e4;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 === 1);
  return (up ? floor + 1 : floor) / 1e4;
}

const quoted = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The table as CSV. */
export const publishedCsv = (rows: readonly PublishedRow[]): string =>
  [
    'Name,DSC,NSD',
    ...rows.map(({ file, dsc, nsdPublished }) =>
      [quoted(file), publishedRound(dsc).toFixed(4), publishedRound(nsdPublished).toFixed(4)].join(','),
    ),
    '',
  ].join('\n');

/** Means of the rounded columns; the reference prints them times 100 with two decimals. */
export function publishedAverages(rows: readonly PublishedRow[]): { readonly dsc: number; readonly nsd: number } {
  const mean = (column: (row: PublishedRow) => number) =>
    rows.reduce((sum, row) => sum + publishedRound(column(row)), 0) / rows.length;
  return { dsc: mean(({ dsc }) => dsc), nsd: mean(({ nsdPublished }) => nsdPublished) };
}
