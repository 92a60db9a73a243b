// Speed of the contour scores of masks of 512x512 pixels, relative to comparing every pair of outline pixels.
import { seededRandom } from '@medclipseg/datasets';
import { contourScores, type MaskImage } from 'medclipseg/metrics';
import type { Result } from './result.ts';

const SIDE = 512;
const random = seededRandom('masks');

const maskOf = (inside: (x: number, y: number) => boolean): MaskImage => ({
  width: SIDE,
  height: SIDE,
  data: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (inside(i % SIDE, Math.floor(i / SIDE)) ? 1 : 0)),
});

/** A lesion with a wavy outline. @param noise moves the outline at each pixel */
const lesion = (left: number, top: number, radius: number, noise = () => 0) =>
  maskOf((x, y) => {
    const angle = Math.atan2(y - top, x - left);
    const wave = 1 + 0.05 * Math.sin(3 * angle) + 0.05 * Math.cos(5 * angle);
    return Math.hypot(x - left, y - top) <= radius * wave + noise();
  });

const roughness = () => 20 * random();
const randomMask = (share: number) => maskOf(() => random() < share);

const PAIRS: Readonly<Record<string, readonly [MaskImage, MaskImage]>> = {
  'a smooth lesion, 15 % of the image': [lesion(250, 260, 112), lesion(254, 257, 115)],
  'a smooth lesion, no overlap': [lesion(140, 140, 112), lesion(370, 370, 115)],
  'a large smooth lesion, 39 % of the image': [lesion(250, 260, 180), lesion(254, 257, 185)],
  'a rough lesion': [lesion(250, 260, 112, roughness), lesion(254, 257, 115, roughness)],
  'random masks, 2 % foreground': [randomMask(0.02), randomMask(0.02)],
  'random masks, 50 % foreground': [randomMask(0.5), randomMask(0.5)],
};

interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Foreground pixels with a background neighbor. */
function outlineOf({ width, data }: MaskImage): Points {
  const outline: number[] = [];
  for (let i = 0; i < data.length; i++) {
    const x = i % width;
    const isInner = data[i - width] && data[i + width] && x > 0 && data[i - 1] && x + 1 < width && data[i + 1];
    if (data[i] && !isInner) outline.push(i);
  }
  return {
    x: Float64Array.from(outline, (i) => i % width),
    y: Float64Array.from(outline, (i) => Math.floor(i / width)),
  };
}

/** Sum over points of the distance to the nearest of the others. */
function sumOfDistances(from: Points, to: Points): number {
  let sum = 0;
  for (let i = 0; i < from.x.length; i++) {
    const [x, y] = [from.x[i] as number, from.y[i] as number];
    let nearest = Number.POSITIVE_INFINITY;
    for (let j = 0; j < to.x.length; j++) {
      const [dx, dy] = [x - (to.x[j] as number), y - (to.y[j] as number)];
      nearest = Math.min(nearest, dx * dx + dy * dy);
    }
    sum += Math.sqrt(nearest);
  }
  return sum;
}

/** Pairs of points that one measurement compares; of more, a part is measured. */
const MAXIMUM_PAIRS = 3e6;

/** Milliseconds of comparing all pairs in both directions. */
function bruteForce([a, b]: readonly [MaskImage, MaskImage]): number {
  const start = performance.now();
  const [p, q] = [outlineOf(a), outlineOf(b)];
  const outlines = performance.now() - start;
  const every = Math.max(1, Math.ceil((p.x.length * q.x.length) / MAXIMUM_PAIRS));
  const part = ({ x, y }: Points): Points => {
    const isKept = (_: number, i: number) => i % every === 0;
    return { x: x.filter(isKept), y: y.filter(isKept) };
  };
  const [fromP, fromQ] = [part(p), part(q)];
  const began = performance.now();
  sumOfDistances(fromP, q);
  sumOfDistances(fromQ, p);
  const scale = (p.x.length + q.x.length) / (fromP.x.length + fromQ.x.length);
  return outlines + (performance.now() - began) * scale;
}

/** Measures all contour scores of each pair, alternating with brute force. The fastest run counts, as the least disturbed by other load. */
export function scores(rounds = 20): Result[] {
  return Object.entries(PAIRS).map(([name, pair]) => {
    const times: [number[], number[]] = [[], []];
    for (let i = -rounds; i < rounds; i++) {
      const start = performance.now();
      contourScores(...pair);
      const ours = performance.now() - start;
      const brute = bruteForce(pair);
      // The first half is the warm-up.
      if (i < 0) continue;
      times[0].push(ours);
      times[1].push(brute);
    }
    const [ours, brute] = times.map((all) => Math.min(...all)) as [number, number];
    return {
      suite: 'scores',
      name,
      value: brute / ours,
      unit: 'time of brute force / ours',
      bound: { atLeast: 10 },
      detail: { ms: ours, 'brute force ms': brute },
    };
  });
}
