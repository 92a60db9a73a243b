// Bubbles of fluid between lens and tissue: a thin bright ring and a glint.
import { between, type Random } from '../random.ts';
import { smoothstep } from './field.ts';

/** A disk, in fractions of the width. */
export interface Disk {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export const disks = (random: Random, count: number, smallest: number, largest: number): Disk[] =>
  Array.from({ length: count }, () => ({ x: random(), y: random(), radius: between(random, smallest, largest) }));

/** Amount of white that the bubbles add at a point, 0..1. */
export function glint(bubbles: readonly Disk[], x: number, y: number): number {
  let most = 0;
  for (const { x: cx, y: cy, radius } of bubbles) {
    const [dx, dy] = [(x - cx) / radius, (y - cy) / radius];
    const reach = Math.hypot(dx, dy);
    if (reach > 1.5) continue;
    const ring = 0.55 * Math.exp(-(((reach - 1) / 0.14) ** 2));
    most = Math.max(most, ring, 0.9 * smoothstep(0.34, 0.1, Math.hypot(dx + 0.35, dy + 0.35)));
  }
  return most;
}
