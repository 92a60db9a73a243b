// A colon from the tip of an endoscope: folds around a dark lumen, vessels, wet highlights, cut corners; polyps as lit domes.
import { between, type Random } from '../random.ts';
import { disks, glint } from './bubbles.ts';
import { blend, clamp, colorImage, noise, type Rgb, scaled, smoothstep } from './field.ts';
import { type DrawnLesion, nearestLesion, type Scene } from './lesions.ts';

const COLORS: Readonly<Record<string, Rgb>> = {
  pink: [236, 148, 142],
  red: [178, 54, 48],
  white: [240, 216, 202],
  yellow: [230, 192, 120],
  brown: [136, 82, 56],
  orange: [232, 142, 76],
};

const BLACK: Rgb = [6, 5, 6];
const BLOOD: Rgb = [150, 40, 42];
const STOOL: Rgb = [186, 148, 58];
const GLARE: Rgb = [255, 252, 246];

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Shading of a dome on the wall: its brightness, and the darkness of its shadow. */
function dome(lesion: DrawnLesion, rise: number, lamp: Point, { x, y }: Point, reach: number) {
  const [dx, dy] = [x - lesion.x, y - lesion.y];
  const [tx, ty] = [lamp.x - lesion.x, lamp.y - lesion.y];
  // 1 on the side facing the lamp, −1 on the opposite side.
  const facing = (dx * tx + dy * ty) / (Math.hypot(dx, dy) * Math.hypot(tx, ty) + 1e-4);
  const height = Math.sqrt(Math.max(0, 1 - reach * reach));
  const slope = Math.min(1, reach) ** 2;
  return {
    lit: (0.8 + 0.24 * height + 0.22 * rise * facing * slope) * (1 - 0.22 * smoothstep(0.86, 1, reach)),
    shadow: 0.45 * rise * smoothstep(1.35, 1, reach) * smoothstep(-0.4, 0.7, -facing),
    // The highlight is between the top of the dome and the lamp.
    glare: 1 - Math.hypot(dx - 0.6 * lesion.radius * tx, dy - 0.6 * lesion.radius * ty) / (0.5 * lesion.radius),
  };
}

export const endoscopy = (random: Random, hard?: Random): Scene => {
  const mucosa = blend([192, 88, 66], [226, 152, 124], random());
  const lumen = { x: between(random, 0.15, 0.85), y: between(random, 0.15, 0.85), radius: between(random, 0.05, 0.13) };
  // With the tip against the wall, the lumen is not visible.
  const open = random() < 0.75;
  const lamp = { x: between(random, 0.4, 0.6), y: between(random, 0.4, 0.6) };
  const corner = between(random, 0.74, 0.92);
  const folds = between(random, 1.1, 1.9);
  const bend = noise(random, { period: 0.45, octaves: 2 });
  const strength = noise(random, { period: 0.3, octaves: 2 });
  const patch = noise(random, { period: 0.35, octaves: 3 });
  const vessel = noise(random, { period: 0.17, octaves: 2 });
  const vascular = noise(random, { period: 0.4 });
  const relief = noise(random, { period: 0.035, octaves: 2 });
  const wet = noise(random, { period: 0.03, octaves: 2 });
  const wetness = between(random, 0.78, 0.98);
  // Round yellow objects that are not polyps.
  const bubbles = disks(random, Math.floor(random() * 9), 0.006, 0.018);
  const residue = disks(random, Math.floor(random() * 4), 0.01, 0.03);

  if (hard) {
    bubbles.push(...disks(hard, Math.floor(hard() * 25), 0.005, 0.02));
    residue.push(...disks(hard, Math.floor(hard() * 8), 0.008, 0.04));
  }
  // A forceps or a snare that comes in from an edge.
  const tool =
    hard && hard() < 0.3
      ? { angle: hard() * 2 * Math.PI, length: between(hard, 0.2, 0.55), width: between(hard, 0.012, 0.03) }
      : undefined;
  /** Distance across the tool, relative to its half width; below 1 on it. */
  const toolReach = (x: number, y: number): number => {
    if (!tool) return Number.POSITIVE_INFINITY;
    const [dx, dy] = [x - 0.5 - 0.7 * Math.cos(tool.angle), y - 0.5 - 0.7 * Math.sin(tool.angle)];
    const along = -(dx * Math.cos(tool.angle) + dy * Math.sin(tool.angle));
    return along < tool.length
      ? Math.abs(dy * Math.cos(tool.angle) - dx * Math.sin(tool.angle)) / tool.width
      : Number.POSITIVE_INFINITY;
  };

  const away = (x: number, y: number) => Math.hypot(x - lumen.x, y - lumen.y);
  /** Brightness of the wall: the crests of folds are lit, their far sides are in shadow. */
  const wall = (x: number, y: number): number => {
    const phase = Math.log(away(x, y) / 0.1 + 0.3) * folds + 0.7 * bend(x, y);
    const along = phase - Math.floor(phase);
    const depth = clamp(0.6 + 0.7 * strength(x, y));
    const shadow = 0.36 * (smoothstep(0.2, 0.94, along) - smoothstep(0.94, 1, along));
    return 1 - depth * (shadow - 0.14 * Math.exp(-(((along - 0.1) / 0.1) ** 2)));
  };
  /** Distance beyond the octagonal aperture, below 0 inside. */
  const outside = (x: number, y: number): number => {
    const [across, down] = [Math.abs(x - 0.5), Math.abs(y - 0.5)];
    return Math.max(across - 0.495, down - 0.495, across + down - corner);
  };

  return {
    room: (x, y) => outside(x, y) < -0.02 && (!open || away(x, y) > lumen.radius * 1.15) && toolReach(x, y) > 1.5,
    sizes: [
      ['small', 0.5],
      ['medium', 0.42],
      ['large', 0.08],
    ],
    shapes: [
      ['round', 0.45],
      ['oval', 0.3],
      ['elongated', 0.08],
      ['irregular', 0.17],
    ],
    appearances: Object.keys(COLORS),
    paint(lesions, appearances, size, drawing) {
      const tints = appearances.map((word) => COLORS[word] as Rgb);
      // Contrast of a polyp's color to the mucosa, and its height.
      const contrast = lesions.map(() => between(drawing, hard ? 0.22 : 0.35, 0.78));
      const rise = lesions.map(() => between(drawing, hard ? 0.15 : 0.4, 1));
      const skin = noise(drawing, { period: 0.03, octaves: 3 });
      const blotch = noise(drawing, { period: 0.1, octaves: 2 });
      return colorImage(size, (x, y) => {
        const beyond = outside(x, y);
        if (beyond > 0) return BLACK;
        const brightness = wall(x, y);
        let shade = brightness * (1 + 0.09 * patch(x, y) + 0.04 * relief(x, y));
        const vein = smoothstep(0.06, 0.01, Math.abs(vessel(x, y))) * smoothstep(0, 0.5, vascular(x, y));
        let color = blend(mucosa, BLOOD, clamp(0.5 * vein + 0.12 * patch(y, x)));
        for (const spot of residue) {
          const near = Math.hypot(x - spot.x, y - spot.y) / spot.radius + 0.35 * relief(x, y);
          color = blend(color, STOOL, 0.7 * smoothstep(1.15, 0.85, near));
        }
        let glare = smoothstep(1.25, 1.5, wet(x, y) * wetness + 0.4 * (brightness - 0.7) + 0.42 * patch(x, y));
        const { reach, index } = nearestLesion(lesions, x, y);
        if (index >= 0) {
          const light = dome(lesions[index] as DrawnLesion, rise[index] as number, lamp, { x, y }, reach);
          const within = smoothstep(1.05, 0.95, reach);
          const own = light.lit * (1 + 0.06 * skin(x, y));
          shade = shade * (1 - light.shadow) * (1 - within) + own * (0.8 + 0.2 * shade) * within;
          const share = (contrast[index] as number) * (1 + 0.18 * blotch(x, y));
          color = blend(color, blend(mucosa, tints[index] as Rgb, clamp(share)), within);
          const shine = smoothstep(0.62, 0.82, light.glare + 0.22 * skin(x, y)) * (rise[index] as number);
          glare = Math.max(glare * (1 - 0.5 * within), shine * within);
        }
        const across = toolReach(x, y);
        if (across < 1) {
          color = blend([92, 94, 98], [214, 216, 222], smoothstep(1, 0, Math.abs(across - 0.25)));
          shade = 0.9;
          glare *= 0.3;
        }
        if (open) {
          const dark = smoothstep(lumen.radius * 1.8, lumen.radius * 0.5, away(x, y)) * smoothstep(0.98, 1.05, reach);
          shade *= 1 - 0.94 * dark;
          glare *= 1 - dark;
        }
        const falloff = 1.1 - 0.8 * Math.hypot(x - lamp.x, y - lamp.y) ** 2;
        color = scaled(color, clamp(shade * falloff, 0.03, 1.25));
        color = blend(color, GLARE, Math.max(clamp(glare), glint(bubbles, x, y)));
        return blend(color, BLACK, smoothstep(-0.012, 0, beyond));
      });
    },
  };
};
