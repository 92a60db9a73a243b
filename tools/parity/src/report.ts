// Compared quantities, printed one per line.

/** One compared quantity: its worst error and the tolerance promised for it. */
export interface Row {
  readonly file: string;
  readonly quantity: string;
  readonly error: number;
  readonly tolerance: number;
}

const passes = ({ error, tolerance }: Row): boolean => error <= tolerance;

/** Rows over their tolerance; an error of NaN is one. */
export const failuresIn = (rows: readonly Row[]): number => rows.filter((row) => !passes(row)).length;

export function printRows(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  for (const row of rows) {
    const { file, quantity, error, tolerance } = row;
    const figures = `${error.toExponential(1)} of ${tolerance.toExponential(0)}`;
    console.log(`${passes(row) ? '  ok  ' : ' FAIL '} ${file.padEnd(52)} ${quantity.padEnd(28)} ${figures}`);
  }
}

/** Prints the sum and returns the exit code. */
export function summarize(failures: number): 0 | 1 {
  console.log(failures === 0 ? '\nAll within tolerance.' : `\n${failures} over tolerance.`);
  return failures === 0 ? 0 : 1;
}
