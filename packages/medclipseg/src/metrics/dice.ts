// How much two masks overlap.
import { checkMasks, type Mask } from './mask.ts';

/**
 * Dice similarity coefficient, `2·|A∩B| / (|A| + |B|)`.
 *
 * Two empty masks agree: 1. `smooth` is added where the reference adds one: 1e-8 below (scores) by default; given, above and below
 * (validation during training: 1e-7).
 */
export function dice(a: Mask, b: Mask, { smooth }: { smooth?: number } = {}): number {
  checkMasks(a, b);
  let both = 0;
  let total = 0;
  for (let i = 0; i < a.length; i++) {
    both += (a[i] as number) * (b[i] as number);
    total += (a[i] as number) + (b[i] as number);
  }
  if (smooth !== undefined) return (2 * both + smooth) / (total + smooth);
  return total === 0 ? 1 : (2 * both) / (total + 1e-8);
}
