// Normalised surface Dice as published (reference: `surface_distance` on volumes of depth one).

const { SQRT1_2, sqrt } = Math;

/** Area of a corner's surface element by the number of foreground pixels around it; two of them may lie side by side or across. */
const AREA = [0, sqrt(3) / 8, SQRT1_2, 0.5 + (3 * sqrt(3)) / 8, 1] as const;
const AREA_ACROSS = sqrt(3) / 4;

export interface MaskImage {
  readonly width: number;
  readonly height: number;
  /** 0 and 1, row-major. */
  readonly data: ArrayLike<number>;
}

/** Squared distance to the nearest marked point of a lattice (Felzenszwalb & Huttenlocher 2012), infinite where there is none. */
function squaredDistances(marked: Uint8Array, width: number, height: number): Float64Array {
  const distance = Float64Array.from(marked, (m) => (m ? 0 : Number.POSITIVE_INFINITY));
  const line = (offset: number, stride: number, n: number) => {
    const f = Float64Array.from({ length: n }, (_, i) => distance[offset + i * stride] as number);
    const hull: number[] = [];
    const bounds: number[] = [];
    for (let q = 0; q < n; q++) {
      if (f[q] === Number.POSITIVE_INFINITY) continue;
      let from = Number.NEGATIVE_INFINITY;
      while (hull.length > 0) {
        const v = hull.at(-1) as number;
        from = ((f[q] as number) + q * q - (f[v] as number) - v * v) / (2 * q - 2 * v);
        if (from > (bounds.at(-1) as number)) break;
        hull.pop();
        bounds.pop();
        from = Number.NEGATIVE_INFINITY;
      }
      hull.push(q);
      bounds.push(from);
    }
    if (hull.length === 0) return;
    for (let i = 0, k = 0; i < n; i++) {
      while (k + 1 < hull.length && (bounds[k + 1] as number) < i) k++;
      const v = hull[k] as number;
      distance[offset + i * stride] = (i - v) ** 2 + (f[v] as number);
    }
  };
  for (let x = 0; x < width; x++) line(x, width, height);
  for (let y = 0; y < height; y++) line(y * width, 1, width);
  return distance;
}

/** Areas at the (W + 1)·(H + 1) corners of the pixels; 0 where no foreground touches. */
function cornerAreas({ width, height, data }: MaskImage): Float64Array {
  const areas = new Float64Array((width + 1) * (height + 1));
  const at = (x: number, y: number) => (x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] ? 1 : 0);
  for (let y = 0, k = 0; y <= height; y++)
    for (let x = 0; x <= width; x++, k++) {
      const [a, b, c, d] = [at(x - 1, y - 1), at(x, y - 1), at(x - 1, y), at(x, y)];
      const across = a + b + c + d === 2 && a === d;
      areas[k] = across ? AREA_ACROSS : (AREA[a + b + c + d] as number);
    }
  return areas;
}

/**
 * The published "NSD": surface Dice of volumes of depth one, in which every pixel of a region, interior included, counts as surface. It is
 * an overlap dilated by the tolerance, not a score of the boundary; it is kept because published figures use it.
 *
 * @param tolerance in pixels (published: 2)
 */
export function publishedSurfaceDice(truth: MaskImage, prediction: MaskImage, tolerance = 2): number {
  const [a, b] = [cornerAreas(truth), cornerAreas(prediction)];
  const [w, h] = [truth.width + 1, truth.height + 1];
  const near = (areas: Float64Array) =>
    squaredDistances(
      Uint8Array.from(areas, (v) => (v > 0 ? 1 : 0)),
      w,
      h,
    );
  const [toA, toB] = [near(a), near(b)];
  let within = 0;
  let total = 0;
  for (let i = 0; i < a.length; i++) {
    const [areaA, areaB] = [a[i] as number, b[i] as number];
    total += areaA + areaB;
    if ((toB[i] as number) <= tolerance ** 2) within += areaA;
    if ((toA[i] as number) <= tolerance ** 2) within += areaB;
  }
  return total === 0 ? 1 : within / (total + 0.5e-8);
}
