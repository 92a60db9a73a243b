// Learning rates over time.

/**
 * Cosine annealing from `from` to `to` over `total` steps (epochs, in the reference), as PyTorch's `CosineAnnealingLR`:
 * `to + (from − to)·(1 + cos(π·t/total))/2`.
 */
export const cosineAnnealing = (t: number, { from, to, total }: { from: number; to: number; total: number }): number =>
  to + ((from - to) * (1 + Math.cos((Math.PI * t) / total))) / 2;
