// The error of this package.

/** Two tensors that a loss compares do not have the same shape. */
export class LossShapeError extends Error {
  override readonly name = 'LossShapeError';
  readonly tag = 'losses/shape';
  constructor(
    readonly subject: string,
    readonly expected: readonly number[],
    readonly actual: readonly number[],
  ) {
    super(`${subject}: expected [${expected}], got [${actual}]. Bring both to one shape first.`);
  }
}

export function expectSameShape(subject: string, expected: readonly number[], actual: readonly number[]): void {
  if (`${expected}` !== `${actual}`) throw new LossShapeError(subject, expected, actual);
}
