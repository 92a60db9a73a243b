// What a benchmark reports, and how it is shown.

/** One measured quantity. Ratios can be compared between machines; times cannot. */
export interface Result {
  readonly suite: string;
  readonly name: string;
  readonly value: number;
  /** What the value is a ratio of, or its unit. */
  readonly unit: string;
  /** What is promised of it. */
  readonly promise?: { readonly atLeast: number } | { readonly atMost: number };
  /** How the value came about: times, sizes, counts. */
  readonly detail?: Readonly<Record<string, number | string>>;
}

export const isKept = ({ value, promise }: Result): boolean =>
  promise === undefined || ('atLeast' in promise ? value >= promise.atLeast : value <= promise.atMost);

const digits = (value: number) => (Number.isInteger(value) ? `${value}` : value.toPrecision(3));

/** A table for people. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const { promise } = result;
    const bound = promise && ('atLeast' in promise ? `≥ ${promise.atLeast}` : `≤ ${promise.atMost}`);
    const detail = Object.entries(result.detail ?? {}).map(([key, value]) =>
      typeof value === 'number' ? `${key} ${digits(value)}` : `${key} ${value}`,
    );
    return [
      result.suite,
      result.name,
      digits(result.value),
      result.unit,
      bound ? `${bound}${isKept(result) ? '' : '  MISSED'}` : '',
      detail.join(', '),
    ];
  });
  const head = ['suite', 'what', 'value', 'of', 'promised', 'from'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)));
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padEnd(widths[i] as number)).join('  ');
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)]
    .map((row) => row.trimEnd())
    .join('\n');
}
