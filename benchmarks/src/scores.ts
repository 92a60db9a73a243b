// Contour scores of masks of 512x512 pixels, beside looking at every pair of points.
import { contourScores, type MaskImage } from 'medclipseg/metrics';
import { bruteDistances } from '../../packages/medclipseg/src/metrics/brute-force.ts';
import { outlineLengths } from '../../packages/medclipseg/src/metrics/contour.ts';
import { cornerElements } from '../../packages/medclipseg/src/metrics/corner-elements.ts';
import { UNIT_SPACING } from '../../packages/medclipseg/src/metrics/mask.ts';
import type { Result } from './result.ts';

const SIDE = 512;

const drawn = (inside: (x: number, y: number) => boolean): MaskImage => ({
  width: SIDE,
  height: SIDE,
  data: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (inside(i % SIDE, Math.floor(i / SIDE)) ? 1 : 0)),
});

/** A lesion with a wavy outline; `rough` moves the outline pixel by pixel. */
const lesion = (left: number, top: number, radius: number, rough = () => 0) =>
  drawn((x, y) => {
    const turn = Math.atan2(y - top, x - left);
    const wave = 1 + 0.05 * Math.sin(3 * turn) + 0.05 * Math.cos(5 * turn);
    return Math.hypot(x - left, y - top) <= radius * wave + rough();
  });

const PAIRS: Readonly<Record<string, readonly [MaskImage, MaskImage]>> = {
  'a smooth lesion, 15 % of the image': [lesion(250, 260, 112), lesion(254, 257, 115)],
  'a smooth lesion, missed': [lesion(140, 140, 112), lesion(370, 370, 115)],
  'a large smooth lesion, 39 % of the image': [lesion(250, 260, 180), lesion(254, 257, 185)],
  'a rough lesion': [lesion(250, 260, 112, () => 20 * Math.random()), lesion(254, 257, 115, () => 20 * Math.random())],
  'random masks': [drawn(() => Math.random() < 0.5), drawn(() => Math.random() < 0.5)],
};

/** Pairs of points that brute force looks at per run; of more, a share is measured. */
const MOST_PAIRS = 3e6;

/** Milliseconds of all pairs, both ways; corners are found as the scores find them. */
function bruteForce([a, b]: readonly [MaskImage, MaskImage]): number {
  const lengths = outlineLengths();
  const start = performance.now();
  const [p, q] = [cornerElements(a, lengths), cornerElements(b, lengths)];
  const corners = performance.now() - start;
  const share = Math.min(1, MOST_PAIRS / (p.x.length * q.x.length));
  const some = <T extends typeof p>({ x, y }: T) => {
    const every = Math.ceil(1 / share);
    const kept = (_: number, i: number) => i % every === 0;
    return { x: x.filter(kept), y: y.filter(kept) };
  };
  const [fromP, fromQ] = [some(p), some(q)];
  const began = performance.now();
  bruteDistances(fromP, q, UNIT_SPACING);
  bruteDistances(fromQ, p, UNIT_SPACING);
  const whole = (p.x.length + q.x.length) / (fromP.x.length + fromQ.x.length);
  return corners + (performance.now() - began) * whole;
}

/** All three contour scores of each pair, in turns with brute force; the fastest of each counts, which other work on the machine delays least. */
export function scores(rounds = 20): Result[] {
  return Object.entries(PAIRS).map(([name, pair]) => {
    const times: [number[], number[]] = [[], []];
    for (let i = -rounds; i < rounds; i++) {
      const start = performance.now();
      contourScores(...pair);
      const ours = performance.now() - start;
      const brute = bruteForce(pair);
      // The first half warms up.
      if (i < 0) continue;
      times[0].push(ours);
      times[1].push(brute);
    }
    const [ours, brute] = times.map((all) => Math.min(...all)) as [number, number];
    return {
      suite: 'scores',
      name,
      value: brute / ours,
      unit: 'times faster than every pair',
      promise: { atLeast: 10 },
      detail: { ms: ours, 'every pair ms': brute },
    };
  });
}
