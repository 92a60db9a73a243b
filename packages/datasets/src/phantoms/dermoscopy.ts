// Skin under a dermatoscope: furrows, hairs, bubbles, a dark vignette; lesions with a pigment network and an uneven rim.
import { between, type Random } from '../random.ts';
import { disks, glint } from './bubbles.ts';
import { blend, clamp, colorImage, noise, type Rgb, scaled, smoothstep } from './field.ts';
import { nearestLesion, type Scene } from './lesions.ts';

const COLORS: Readonly<Record<string, Rgb>> = {
  brown: [124, 74, 44],
  black: [52, 38, 36],
  red: [186, 78, 74],
  tan: [178, 126, 84],
  pink: [226, 142, 142],
};

/** Colors of lesions with a pigment network. */
const NETTED: ReadonlySet<string> = new Set(['brown', 'tan', 'black']);

/** A hair: a thick curve through three points, as short line segments. */
interface Hair {
  readonly points: readonly (readonly [number, number])[];
  readonly width: number;
  readonly shade: number;
}

function hair(random: Random): Hair {
  const [x, y, angle, length] = [random(), random(), random() * Math.PI, between(random, 0.35, 1)];
  const bend = between(random, -0.25, 0.25);
  const points = Array.from({ length: 13 }, (_, i) => {
    const t = i / 6 - 1;
    const [along, across] = [(t * length) / 2, bend * t * t * length];
    return [
      x + along * Math.cos(angle) - across * Math.sin(angle),
      y + along * Math.sin(angle) + across * Math.cos(angle),
    ] as const;
  });
  return { points, width: between(random, 0.0022, 0.005), shade: between(random, 0.55, 0.9) };
}

/** Distance to the nearest segment of the hair. */
function toHair({ points }: Hair, x: number, y: number): number {
  let best = 1;
  for (let i = 0; i + 1 < points.length; i++) {
    const [[ax, ay], [bx, by]] = [points[i] as readonly [number, number], points[i + 1] as readonly [number, number]];
    const [dx, dy] = [bx - ax, by - ay];
    const t = clamp(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy));
    best = Math.min(best, Math.hypot(x - ax - t * dx, y - ay - t * dy));
  }
  return best;
}

export const dermoscopy = (random: Random, hard?: Random): Scene => {
  const skin = blend(blend([236, 196, 172], [214, 156, 130], random()), [176, 122, 92], random() < 0.2 ? 0.7 : 0);
  const tone = noise(random, { period: 0.6, octaves: 2 });
  const furrowX = noise(random, { period: 0.05, octaves: 2 });
  const furrowY = noise(random, { period: 0.05, octaves: 2 });
  const pore = noise(random, { period: 0.012, octaves: 2 });
  const patch = noise(random, { period: 0.2, octaves: 2 });
  const hairs = Array.from({ length: random() < 0.4 ? 0 : Math.floor(between(random, 2, 14)) }, () => hair(random));
  const vignette = random() < 0.55 ? between(random, 0.5, 0.62) : between(random, 0.66, 0.85);
  const lamp = { x: between(random, 0.4, 0.6), y: between(random, 0.4, 0.6) };
  const bubbles = disks(random, random() < 0.5 ? 0 : Math.floor(between(random, 1, 7)), 0.008, 0.028);
  // Freckles, too small and faint to count as lesions.
  const freckles = Array.from({ length: Math.floor(random() * 10) }, () => ({
    x: random(),
    y: random(),
    radius: between(random, 0.004, 0.01),
    depth: between(random, 0.1, 0.3),
  }));
  // A ruler, ink of a pen, and more hair.
  const ruler = hard && hard() < 0.35 ? { below: hard() < 0.5, gap: between(hard, 0.018, 0.035) } : undefined;
  const ink = hard && hard() < 0.35 ? { ...hair(hard), width: between(hard, 0.012, 0.022), color: hard() } : undefined;
  if (hard && hard() < 0.4) hairs.push(...Array.from({ length: 10 + Math.floor(hard() * 16) }, () => hair(hard)));
  const marked = (color: Rgb, x: number, y: number): Rgb => {
    let changed = color;
    if (ink) {
      const near = toHair(ink, x, y) / ink.width;
      changed = blend(changed, blend([70, 60, 150], [60, 110, 120], ink.color), 0.55 * smoothstep(1.1, 0.7, near));
    }
    if (ruler) {
      const depth = ruler.below ? 1 - y : y;
      const tick = Math.abs(x / ruler.gap - Math.round(x / ruler.gap)) * ruler.gap;
      const long = Math.round(x / ruler.gap) % 5 === 0 ? 0.06 : 0.035;
      changed = blend(
        changed,
        [30, 28, 30],
        0.85 * smoothstep(0.003, 0.0015, tick) * smoothstep(long, long - 0.003, depth),
      );
    }
    return changed;
  };
  const edge = (x: number, y: number) => Math.hypot(x - 0.5, y - 0.5);

  return {
    room: (x, y) => edge(x, y) < vignette - 0.02,
    sizes: [
      ['small', 0.4],
      ['medium', 0.43],
      ['large', 0.17],
    ],
    shapes: [
      ['round', 0.3],
      ['oval', 0.35],
      ['elongated', 0.05],
      ['irregular', 0.3],
    ],
    appearances: ['brown', 'brown', ...Object.keys(COLORS).slice(1)],
    paint(lesions, appearances, size, drawing) {
      const depth = lesions.map(() => between(drawing, hard ? 0.45 : 0.68, 0.95));
      const softness = lesions.map(() => between(drawing, 0.04, 0.16));
      const mottle = noise(drawing, { period: 0.13, octaves: 3 });
      const wobble = noise(drawing, { period: 0.06, octaves: 3 });
      const spots = noise(drawing, { period: 0.03 });
      const mesh = between(drawing, 0.02, 0.032);
      return colorImage(size, (x, y) => {
        let color = scaled(skin, 1 + 0.05 * tone(x, y) + 0.025 * pore(x, y));
        color = blend(color, [214, 120, 110], clamp(0.16 * patch(x, y)));
        // Furrows: two crossing families of fine lines.
        const lines = Math.max(
          smoothstep(0.9, 1, Math.cos((2 * Math.PI * (x + 0.5 * y + 0.022 * furrowX(x, y))) / 0.052)),
          smoothstep(0.9, 1, Math.cos((2 * Math.PI * (y - 0.45 * x + 0.022 * furrowY(x, y))) / 0.058)),
        );
        color = scaled(color, 1 - 0.045 * lines);
        for (const { x: fx, y: fy, radius, depth: d } of freckles)
          color = blend(color, [150, 96, 62], d * smoothstep(1.2, 0.6, Math.hypot(x - fx, y - fy) / radius));
        const { reach, index } = nearestLesion(lesions, x, y);
        if (index >= 0) {
          const soft = softness[index] as number;
          const tint = COLORS[appearances[index] as string] as Rgb;
          const rim = reach + 0.035 * wobble(x, y);
          const within = smoothstep(1 + soft, 1 - soft, rim) * (depth[index] as number);
          let pigment = scaled(tint, 1 + 0.22 * mottle(x, y) + 0.05 * pore(x, y));
          if (NETTED.has(appearances[index] as string)) {
            // The network: dark meshes around lighter holes, strongest toward the rim.
            const [u, v] = [x + 0.012 * wobble(x, y), y + 0.012 * wobble(y, x)];
            const holes = Math.cos((2 * Math.PI * u) / mesh) * Math.cos((2 * Math.PI * v) / mesh);
            pigment = scaled(pigment, 1 - 0.2 * smoothstep(0.25, -0.1, Math.abs(holes)) * smoothstep(0.1, 0.8, reach));
          }
          pigment = blend(
            pigment,
            scaled(tint, 0.5),
            0.6 * smoothstep(0.75, 1.1, spots(x, y)) * smoothstep(1, 0.7, reach),
          );
          color = blend(color, pigment, within);
          color = blend(color, [206, 104, 92], 0.14 * smoothstep(1.35, 1, reach) * (1 - within));
        }
        if (hard) color = marked(color, x, y);
        for (const line of hairs) {
          const near = toHair(line, x, y) / line.width;
          if (near < 2) color = blend(color, [48, 34, 30], line.shade * smoothstep(1.5, 0.6, near));
        }
        color = blend(color, [255, 255, 255], 0.8 * glint(bubbles, x, y));
        const light = 1.05 - 0.5 * Math.hypot(x - lamp.x, y - lamp.y) ** 2;
        return blend(scaled(color, light), [10, 8, 9], smoothstep(vignette - 0.02, vignette + 0.03, edge(x, y)));
      });
    },
  };
};
