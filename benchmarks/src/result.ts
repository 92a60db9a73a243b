// Results of benchmarks, and their table.

/** One measured quantity. Ratios can be compared between machines; times cannot. */
export interface Result {
  readonly suite: string;
  readonly name: string;
  readonly value: number;
  /** The meaning of the value. */
  readonly unit: string;
  /** The bound that the value must keep. */
  readonly bound?: { readonly atLeast: number } | { readonly atMost: number };
  /** Times, sizes and counts that the value is computed from. */
  readonly detail?: Readonly<Record<string, number | string>>;
}

export const isWithinBound = ({ value, bound }: Result): boolean =>
  bound === undefined || ('atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost);

const digits = (value: number) => (Number.isInteger(value) ? `${value}` : value.toPrecision(3));

/** The results as a text table. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const { bound } = result;
    const limit = bound && ('atLeast' in bound ? `≥ ${bound.atLeast}` : `≤ ${bound.atMost}`);
    const detail = Object.entries(result.detail ?? {}).map(([key, value]) =>
      typeof value === 'number' ? `${key} ${digits(value)}` : `${key} ${value}`,
    );
    return [
      result.suite,
      result.name,
      digits(result.value),
      result.unit,
      limit ? `${limit}${isWithinBound(result) ? '' : '  MISSED'}` : '',
      detail.join(', '),
    ];
  });
  const head = ['suite', 'case', 'value', 'meaning', 'bound', 'detail'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)));
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padEnd(widths[i] as number)).join('  ');
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)]
    .map((row) => row.trimEnd())
    .join('\n');
}
