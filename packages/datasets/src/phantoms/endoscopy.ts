// A colon from the tip of an endoscope: folds around a dark lumen, vessels, wet highlights, black corners; polyps as lit domes.
import { between, type Random } from '../random.ts';
import { blend, clamp, colorPicture, noise, type Rgb, scaled, smoothstep } from './field.ts';
import { nearest } from './lesions.ts';
import type { Scene } from './scene.ts';

const COLORS: Readonly<Record<string, Rgb>> = {
  pink: [236, 142, 138],
  red: [196, 62, 54],
  white: [240, 222, 208],
  yellow: [232, 190, 112],
  brown: [138, 82, 54],
  orange: [236, 132, 62],
};

const BLACK: Rgb = [6, 5, 6];

export const endoscopy = (random: Random): Scene => {
  const mucosa = blend([196, 92, 70], [226, 150, 122], random());
  const lumen = { x: between(random, 0.15, 0.85), y: between(random, 0.15, 0.85), radius: between(random, 0.05, 0.13) };
  const open = random() < 0.75;
  const lamp = { x: between(random, 0.4, 0.6), y: between(random, 0.4, 0.6) };
  const corner = between(random, 0.62, 0.74);
  const folds = between(random, 1.6, 2.6);
  const [bend, strength, patch, vessel, vesselHere, relief, glare] = [0.55, 0.3, 0.35, 0.17, 0.4, 0.035, 0.05].map(
    (period) => noise(random, { period, octaves: 2 }),
  ) as [
    (x: number, y: number) => number,
    (x: number, y: number) => number,
    (x: number, y: number) => number,
    (x: number, y: number) => number,
    (x: number, y: number) => number,
    (x: number, y: number) => number,
    (x: number, y: number) => number,
  ];
  const wet = between(random, 0.85, 1.15);
  // Bubbles and residue: round and yellow things that are no polyps.
  const bubbles = Array.from({ length: Math.floor(random() * 9) }, () => ({
    x: random(),
    y: random(),
    radius: between(random, 0.006, 0.018),
  }));
  const residue = Array.from({ length: Math.floor(random() * 4) }, () => ({
    x: random(),
    y: random(),
    radius: between(random, 0.012, 0.035),
  }));

  const away = (x: number, y: number) => Math.hypot(x - lumen.x, y - lumen.y);
  /** Brightness of the wall: crests of folds catch the light, the far side of each lies in its shadow. */
  const fold = (x: number, y: number): number => {
    const phase = Math.log(away(x, y) / 0.1 + 0.3) * folds + 0.55 * bend(x, y);
    const along = phase - Math.floor(phase);
    const high = clamp(0.65 + 0.6 * strength(x, y));
    return (
      1 -
      high *
        (0.34 * smoothstep(0.15, 0.95, along) -
          0.34 * smoothstep(0.95, 1, along) -
          0.16 * Math.exp(-(((along - 0.1) / 0.08) ** 2)))
    );
  };
  /** Distance beyond the octagonal aperture, below 0 inside. */
  const outside = (x: number, y: number) =>
    Math.max(Math.abs(x - 0.5) - 0.495, Math.abs(y - 0.5) - 0.495, Math.abs(x - 0.5) + Math.abs(y - 0.5) - corner);

  return {
    room: (x, y) => outside(x, y) < -0.02 && (!open || away(x, y) > lumen.radius * 1.15),
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
    paint(lesions, appearance, size, drawing) {
      const tint = COLORS[appearance] as Rgb;
      // How far a polyp's colour stands out from the mucosa.
      const contrast = lesions.map(() => between(drawing, 0.6, 0.92));
      const rise = lesions.map(() => between(drawing, 0.5, 1));
      const skin = noise(drawing, { period: 0.028, octaves: 3 });
      return colorPicture(size, (x, y) => {
        const beyond = outside(x, y);
        if (beyond > 0) return BLACK;
        const dLamp = Math.hypot(x - lamp.x, y - lamp.y);
        const light = 1.08 - 0.75 * dLamp * dLamp;
        let shade = fold(x, y) * (1 + 0.1 * patch(x, y) + 0.05 * relief(x, y));
        let color = mucosa;
        const line = smoothstep(0.05, 0.012, Math.abs(vessel(x, y))) * smoothstep(0.0, 0.5, vesselHere(x, y));
        color = blend(color, [150, 40, 42], 0.5 * line);
        let gleam = smoothstep(0.82, 0.95, glare(x, y) * wet + 0.22 * (fold(x, y) - 0.8) + 0.12 * relief(x, y));
        for (const spot of residue) {
          const reach = Math.hypot(x - spot.x, y - spot.y) / spot.radius + 0.35 * relief(x, y);
          color = blend(color, [186, 148, 58], 0.8 * smoothstep(1.15, 0.85, reach));
        }
        const { reach, index } = nearest(lesions, x, y);
        if (index >= 0) {
          const lesion = lesions[index] as (typeof lesions)[number];
          const height = rise[index] as number;
          const dome = Math.sqrt(Math.max(0, 1 - reach * reach));
          // The slope against the direction of the lamp.
          const [ox, oy] = [x - lesion.x, y - lesion.y];
          const [tx, ty] = [lamp.x - lesion.x, lamp.y - lesion.y];
          const facing = (ox * tx + oy * ty) / (Math.hypot(ox, oy) * Math.hypot(tx, ty) + 1e-4);
          const within = smoothstep(1.04, 0.96, reach);
          const lit = 0.8 + 0.26 * dome + 0.2 * height * facing * Math.min(1, reach) ** 2 + 0.05 * skin(x, y);
          // The shadow that the dome throws on the wall behind it.
          const cast = 0.42 * height * smoothstep(1.4, 1, reach) * smoothstep(-0.35, 0.7, -facing);
          const own = (1 - 0.28 * smoothstep(0.82, 1, reach)) * lit;
          shade = shade * (1 - cast) * (1 - within) + (0.75 * own + 0.25 * own * shade) * within;
          color = blend(color, blend(mucosa, tint, contrast[index] as number), within);
          const spot = Math.hypot(
            x - lesion.x - tx * 0.35 * lesion.radius * 2,
            y - lesion.y - ty * 0.35 * lesion.radius * 2,
          );
          const shine = smoothstep(0.75, 0.95, 1 - spot / (0.55 * lesion.radius) + 0.3 * skin(x, y)) * height;
          gleam = Math.max(gleam * (1 - 0.6 * within), shine * within);
        }
        if (open)
          shade *=
            1 - 0.93 * smoothstep(lumen.radius * 1.7, lumen.radius * 0.5, away(x, y)) * smoothstep(0.98, 1.05, reach);
        color = scaled(color, clamp(shade * light, 0.03, 1.25));
        for (const bubble of bubbles) {
          const ring = Math.hypot(x - bubble.x, y - bubble.y) / bubble.radius;
          gleam = Math.max(
            gleam,
            0.75 * Math.exp(-(((ring - 1) / 0.16) ** 2)),
            0.9 *
              smoothstep(
                0.35,
                0.1,
                Math.hypot(x - bubble.x + 0.3 * bubble.radius, y - bubble.y + 0.3 * bubble.radius) / bubble.radius,
              ),
          );
        }
        color = blend(color, [255, 252, 246], clamp(gleam));
        return blend(color, BLACK, smoothstep(-0.012, 0, beyond));
      });
    },
  };
};
