// The error of masks and scores that cannot be used.
import { ModelError } from '../errors.ts';

/** Masks, maps or scores that do not fit together. */
export class ScoreError extends ModelError {
  override readonly name = 'ScoreError';
  constructor(
    readonly subject: string,
    expected: string,
    actual: string,
    remedy: string,
  ) {
    super('medclipseg/score', `${subject}: expected ${expected}, got ${actual}. ${remedy}`);
  }
}
