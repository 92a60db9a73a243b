// A table of sampling methods: passes, error of the mean probability, time.
import type { Estimated, MapStore } from './sampling-maps.ts';

const PLAIN = 'plain, 30';

interface Row {
  samples: number;
  ms: number;
  squares: number;
}

/**
 * Means over images; errors are root mean squares over all their pixels. The error of the reference itself, estimated from its parts, is
 * subtracted.
 */
export async function samplingTable(store: MapStore, names: readonly string[]): Promise<string> {
  const rows = new Map<string, Row>();
  let fewest = Number.POSITIVE_INFINITY;
  let own = 0;
  for (const name of names) {
    const estimates = await store.estimates(name);
    const pixels = (estimates[0] as Estimated).map.length;
    const share = 1 / pixels / names.length;
    const { samples: drawn, parts, sum, squares } = await store.reference(name, pixels);
    fewest = Math.min(fewest, drawn);
    const mean = sum.map((v) => v / drawn);
    for (let i = 0; i < pixels; i++)
      own += (share * Math.max(0, (squares[i] as number) / parts - (mean[i] as number) ** 2)) / (parts - 1);
    for (const { method, samples, ms, map } of estimates) {
      const row = rows.get(method) ?? { samples: 0, ms: 0, squares: 0 };
      rows.set(method, row);
      row.samples += samples / names.length;
      row.ms += ms;
      for (let i = 0; i < pixels; i++) row.squares += share * ((map[i] as number) - (mean[i] as number)) ** 2;
    }
  }
  const error = ({ squares }: Row) => Math.sqrt(Math.max(0, squares - own));
  const plain = rows.get(PLAIN) as Row;
  const lines = [...rows].map(
    ([method, row]) =>
      `| ${method} | ${row.samples.toFixed(1)} | ${(1e3 * error(row)).toFixed(2)} | ${(error(row) / error(plain)).toFixed(2)} | ${(row.ms / plain.ms).toFixed(2)} |`,
  );
  return [
    `${names.length} images; reference: ${fewest} other samples, whose mean is within ${(1e3 * Math.sqrt(own)).toFixed(2)}e-3`,
    '',
    '| sampling | passes | error, 1e-3 | error / 30 plain | time / 30 plain |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}
