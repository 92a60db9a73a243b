// Lesions as closed outlines around a center, placed without overlap where the anatomy allows them.

import type { RasterImage } from '../images/raster.ts';
import type { Shape, Size } from '../prompts/lesions.ts';
import { between, pick, pickWeighted, type Random } from '../random.ts';

export interface DrawnLesion {
  /** Center and radius of the disk of the same area, in shares of the width. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Distance from the center, relative to the outline's distance in that direction: 0 at the center, 1 on the outline. */
  readonly reach: (x: number, y: number) => number;
}

/** Area as a fraction of the image, well within the ranges of the words small, medium and large. */
const AREAS: Readonly<Record<Size, readonly [number, number]>> = {
  small: [0.008, 0.072],
  medium: [0.092, 0.26],
  large: [0.32, 0.45],
};

/** Ratio of the long to the short axis, and the amplitude of the outline's waves. */
const OUTLINES: Readonly<Record<Shape, { stretch: readonly [number, number]; waves: number }>> = {
  round: { stretch: [1, 1.15], waves: 0.025 },
  oval: { stretch: [1.45, 1.95], waves: 0.03 },
  elongated: { stretch: [2.4, 3], waves: 0.03 },
  irregular: { stretch: [1, 1.6], waves: 0.17 },
};

type Form = Pick<DrawnLesion, 'reach'> & { readonly radius: number };

/** Narrow rays from the outline outward, as of invasive tumors. */
interface Spikes {
  readonly count: number;
  /** Length relative to the outline's distance from the center. */
  readonly length: number;
  readonly phase: number;
}

/** Larger is narrower. */
const SPIKE_SHARPNESS = 6;

function outline(random: Random, shape: Shape, radius: number, spikes?: Spikes): (x: number, y: number) => Form {
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
      // Far outside, the waves of the outline do not matter.
      if (distance > 3) return distance;
      const direction = Math.atan2(v, u);
      let edge = 1;
      for (const wave of waves) edge += wave.height * Math.cos(wave.turns * direction + wave.phase);
      if (spikes)
        edge += spikes.length * Math.cos((spikes.count / 2) * (direction + spikes.phase)) ** (2 * SPIKE_SHARPNESS);
      return distance / Math.max(edge, 0.25);
    },
  });
}

/** Points on the outline scaled by `factor`, found by bisection along each direction. */
function ring(lesion: DrawnLesion, factor: number): [number, number][] {
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

interface Placing {
  /** Whether the tissue at a point can contain a lesion. */
  readonly room: (x: number, y: number) => boolean;
  readonly sizes: readonly (readonly [Size, number])[];
  readonly shapes: readonly (readonly [Shape, number])[];
  /** Probability that a lesion has spikes. Default: none does. */
  readonly spiculated?: number;
}

/** What every modality provides: an anatomy that defines where lesions may be, and a painter. */
export interface Scene extends Placing {
  /** Words for color or brightness. */
  readonly appearances: readonly string[];
  /** RGB, size x size. `appearances` has a word for each lesion; `random` draws the texture. */
  readonly paint: (
    lesions: readonly DrawnLesion[],
    appearances: readonly string[],
    size: number,
    random: Random,
  ) => RasterImage;
}

/** Draws an anatomy. @param hard draws distractors, and makes lesions harder to see; none without it */
export type SceneMaker = (random: Random, hard?: Random) => Scene;

/** Attempts before a lesion is dropped; it shrinks after every ten. */
const TRIES = 120;

/** Places up to `count` lesions that touch neither each other nor tissue that cannot contain them. */
export function placeLesions(
  random: Random,
  count: number,
  { room, sizes, shapes, spiculated = 0 }: Placing,
): DrawnLesion[] {
  const placed: DrawnLesion[] = [];
  for (let n = 0; n < count; n++) {
    const shape = pickWeighted(random, shapes);
    // When several lesions share the image, only one may be larger than small.
    const size = placed.some(({ radius }) => Math.PI * radius ** 2 > AREAS.small[1])
      ? 'small'
      : pickWeighted(random, sizes);
    const radius = Math.sqrt(between(random, ...AREAS[size]) / Math.PI);
    const spikes =
      spiculated > 0 && random() < spiculated
        ? {
            count: 2 * Math.floor(between(random, 3, 7)),
            length: between(random, 0.2, 0.5),
            phase: random() * 2 * Math.PI,
          }
        : undefined;
    // Grid cells are tried evenly, so that lesions do not cluster at the center of the image.
    let [column, row] = [0, 0];
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (attempt % 4 === 0) [column, row] = [pick(random, [0, 1, 2]), pick(random, [0, 1, 2])];
      const [x, y] = [(column + random()) / 3, (row + random()) / 3];
      const smaller = Math.max(0.3, 1 - Math.floor(attempt / 10) * 0.08);
      const lesion = { x, y, ...outline(random, shape, radius * smaller, spikes)(x, y) };
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

/** The lesion nearest to a point: its index, and the point's reach in it, below 1 inside. */
export function nearestLesion(lesions: readonly DrawnLesion[], x: number, y: number): { reach: number; index: number } {
  let best = { reach: Number.POSITIVE_INFINITY, index: -1 };
  for (const [index, lesion] of lesions.entries()) {
    const reach = lesion.reach(x, y);
    if (reach < best.reach) best = { reach, index };
  }
  return best;
}

/** The mask: 255 where the center of a pixel is inside a lesion. */
export function lesionMask(lesions: readonly DrawnLesion[], size: number): RasterImage {
  const data = new Uint8Array(size * size);
  for (let j = 0, k = 0; j < size; j++)
    for (let i = 0; i < size; i++, k++)
      if (nearestLesion(lesions, (i + 0.5) / size, (j + 0.5) / size).reach <= 1) data[k] = 255;
  return { width: size, height: size, channels: 1, data };
}
