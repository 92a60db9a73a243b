// Lesions as outlines: closed curves about a center, placed apart from one another where the anatomy has room.

import type { RasterImage } from '../images/raster.ts';
import type { Shape, Size } from '../prompts/findings.ts';
import { between, pick, pickWeighted, type Random } from '../random.ts';

export interface Lesion {
  /** Center and radius of the disk of the same area, in shares of the width. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Distance from the center in units of the outline's in that direction: 0 in the middle, 1 on the outline. */
  readonly reach: (x: number, y: number) => number;
}

/** Area as a share of the image: well within what the words small, medium and large mean. */
const AREAS: Readonly<Record<Size, readonly [number, number]>> = {
  small: [0.008, 0.072],
  medium: [0.092, 0.26],
  large: [0.32, 0.45],
};

/** Long over short axis, and how far the outline waves. */
const OUTLINES: Readonly<Record<Shape, { stretch: readonly [number, number]; waves: number }>> = {
  round: { stretch: [1, 1.15], waves: 0.025 },
  oval: { stretch: [1.45, 1.95], waves: 0.03 },
  elongated: { stretch: [2.4, 3], waves: 0.03 },
  irregular: { stretch: [1, 1.6], waves: 0.17 },
};

type Form = Pick<Lesion, 'reach'> & { readonly radius: number };

function outline(random: Random, shape: Shape, radius: number): (x: number, y: number) => Form {
  const { stretch: range, waves: height } = OUTLINES[shape];
  const stretch = between(random, ...range);
  const angle = random() * Math.PI;
  const waves = [2, 3, 4, 5, 6].map((turns) => ({
    turns,
    height: (3 * height * between(random, 0.3, 1)) / turns,
    phase: random() * 2 * Math.PI,
  }));
  const [long, short] = [radius * Math.sqrt(stretch), radius / Math.sqrt(stretch)];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return (cx, cy) => ({
    radius,
    reach: (x, y) => {
      const [u, v] = [(cos * (x - cx) + sin * (y - cy)) / long, (cos * (y - cy) - sin * (x - cx)) / short];
      const distance = Math.hypot(u, v);
      // Far outside nobody asks how the outline waves.
      if (distance > 3) return distance;
      const direction = Math.atan2(v, u);
      let edge = 1;
      for (const wave of waves) edge += wave.height * Math.cos(wave.turns * direction + wave.phase);
      return distance / Math.max(edge, 0.25);
    },
  });
}

/** Points on the outline blown up by `factor`, found by halving along each direction. */
function ring(lesion: Lesion, factor: number): [number, number][] {
  return Array.from({ length: 40 }, (_, i) => {
    const [dx, dy] = [Math.cos((i * Math.PI) / 20), Math.sin((i * Math.PI) / 20)];
    let [inner, outer] = [0, 4 * lesion.radius * factor];
    for (let step = 0; step < 20; step++) {
      const middle = (inner + outer) / 2;
      if (lesion.reach(lesion.x + dx * middle, lesion.y + dy * middle) < factor) inner = middle;
      else outer = middle;
    }
    return [lesion.x + dx * inner, lesion.y + dy * inner];
  });
}

export interface Placing {
  /** Whether tissue that can have a lesion lies there. */
  readonly room: (x: number, y: number) => boolean;
  readonly sizes: readonly (readonly [Size, number])[];
  readonly shapes: readonly (readonly [Shape, number])[];
}

/** Tries before a lesion is given up; each ten of them ask for a smaller one. */
const TRIES = 120;

/** Up to `count` lesions that touch neither each other nor what has no room for them. */
export function placeLesions(random: Random, count: number, { room, sizes, shapes }: Placing): Lesion[] {
  const placed: Lesion[] = [];
  for (let n = 0; n < count; n++) {
    const shape = pickWeighted(random, shapes);
    // Several findings share the picture: only one of them may be larger than small.
    const size = placed.some(({ radius }) => Math.PI * radius ** 2 > AREAS.small[1])
      ? 'small'
      : pickWeighted(random, sizes);
    const radius = Math.sqrt(between(random, ...AREAS[size]) / Math.PI);
    // Cells are tried evenly, so that the middle of the picture is not where most lesions lie.
    let [column, row] = [0, 0];
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (attempt % 4 === 0) [column, row] = [pick(random, [0, 1, 2]), pick(random, [0, 1, 2])];
      const [x, y] = [(column + random()) / 3, (row + random()) / 3];
      const smaller = Math.max(0.3, 1 - Math.floor(attempt / 10) * 0.08);
      const lesion = { x, y, ...outline(random, shape, radius * smaller)(x, y) };
      const around = ring(lesion, 1.06);
      const inside = around.every(([u, v]) => u > 0.015 && v > 0.015 && u < 0.985 && v < 0.985 && room(u, v));
      const apart = placed.every(
        (other) =>
          other.reach(x, y) > 1.3 &&
          lesion.reach(other.x, other.y) > 1.3 &&
          around.every(([u, v]) => other.reach(u, v) > 1.3) &&
          ring(other, 1.06).every(([u, v]) => lesion.reach(u, v) > 1.3),
      );
      if (!inside || !apart || !room(x, y)) continue;
      placed.push(lesion);
      break;
    }
  }
  return placed;
}

/** How deep a point lies in the nearest lesion: below 1 inside, and which one that is. */
export function nearest(lesions: readonly Lesion[], x: number, y: number): { reach: number; index: number } {
  let best = { reach: Number.POSITIVE_INFINITY, index: -1 };
  for (const [index, lesion] of lesions.entries()) {
    const reach = lesion.reach(x, y);
    if (reach < best.reach) best = { reach, index };
  }
  return best;
}

/** The mask: 255 where the middle of a pixel lies in a lesion. */
export function lesionMask(lesions: readonly Lesion[], size: number): RasterImage {
  const data = new Uint8Array(size * size);
  for (let j = 0, k = 0; j < size; j++)
    for (let i = 0; i < size; i++, k++)
      if (nearest(lesions, (i + 0.5) / size, (j + 0.5) / size).reach <= 1) data[k] = 255;
  return { width: size, height: size, channels: 1, data };
}
