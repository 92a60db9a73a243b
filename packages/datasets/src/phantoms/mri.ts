// An axial MRI slice of a head: scalp, skull, folded cortex, white matter, ventricles; tumors with a halo of edema.
import { between, type Random } from '../random.ts';
import { clamp, fieldOf, grain, grayImage, mixed, noise, smoothstep } from './field.ts';
import { nearestLesion, type Scene } from './lesions.ts';

export const mri = (random: Random, hard?: Random): Scene => {
  const head = {
    x: between(random, 0.48, 0.52),
    y: between(random, 0.48, 0.52),
    width: between(random, 0.35, 0.4),
    height: between(random, 0.42, 0.465),
    angle: between(random, -0.12, 0.12),
  };
  const [cos, sin] = [Math.cos(head.angle), Math.sin(head.angle)];
  const wobble = noise(random, { period: 0.45 });
  /** Position along and across the midline, relative to the scalp's outline. */
  const own = (x: number, y: number): { across: number; along: number; reach: number } => {
    const [dx, dy] = [x - head.x, y - head.y];
    const [across, along] = [(cos * dx + sin * dy) / head.width, (cos * dy - sin * dx) / head.height];
    return { across, along, reach: Math.hypot(across, along) * (1 + 0.025 * wobble(x, y)) };
  };
  const fold = noise(random, { period: 0.075, octaves: 2 });
  const bias = noise(random, { period: 0.8 });
  const matter = noise(random, { period: 0.035, octaves: 2 });
  const warp = noise(random, { period: 0.09, octaves: 2 });
  const ventricle = {
    apart: between(random, 0.09, 0.14),
    along: between(random, -0.2, 0.0),
    width: between(random, 0.055, 0.105),
    length: between(random, 0.26, 0.38),
    spread: between(random, 0.15, 0.4),
  };
  // On T1, fluid is dark and white matter bright; on T2, the reverse.
  const t2 = random() < 0.3;
  const tone = t2
    ? { scalp: 0.6, bone: 0.06, fluid: 0.85, gray: 0.5, white: 0.32 }
    : { scalp: 0.8, bone: 0.06, fluid: 0.1, gray: 0.36, white: 0.54 };
  const ripple = between(random, 0.012, 0.03);
  // Vessels and small lesions of the white matter, below the size that counts; and in a low slice the eyes.
  const spots = Array.from({ length: hard ? 2 + Math.floor(hard() * 6) : 0 }, () => {
    const draw = hard as Random;
    const [angle, reach] = [draw() * 2 * Math.PI, between(draw, 0.15, 0.8)];
    return {
      x: head.x + reach * head.width * Math.cos(angle),
      y: head.y + reach * head.height * Math.sin(angle),
      radius: between(draw, 0.004, 0.01),
      rise: between(draw, 0.25, 0.5),
    };
  });
  const eyes =
    hard && hard() < 0.35 ? { apart: between(hard, 0.34, 0.42), along: between(hard, -0.72, -0.62) } : undefined;
  const eyeReach = (across: number, along: number): number =>
    eyes ? Math.hypot((Math.abs(across) - eyes.apart) / 0.17, (along - eyes.along) / 0.14) : Number.POSITIVE_INFINITY;
  const distracted = (x: number, y: number, value: number): number => {
    const { across, along, reach } = own(x, y);
    if (reach > 0.885) return value;
    const eye = eyeReach(across, along);
    let level = mixed(value, tone.scalp, smoothstep(1.25, 1.15, eye));
    level = mixed(level, tone.fluid, smoothstep(1.02, 0.92, eye));
    for (const spot of spots)
      level += spot.rise * Math.exp(-(((x - spot.x) ** 2 + (y - spot.y) ** 2) / (2 * (spot.radius / 1.5) ** 2)));
    return level;
  };

  const tissue = (x: number, y: number): number => {
    const { across, along, reach } = own(x, y);
    if (reach > 1) return 0.015;
    if (reach > 0.945) return tone.scalp + 0.12 * matter(x, y);
    if (reach > 0.885) return tone.bone + 0.05 * smoothstep(0.02, 0, Math.abs(reach - 0.915)) * tone.scalp;
    // Sulci: fluid in folds that run inward from the surface; the midline is one of them.
    const ridges = Math.abs(fold(x + 0.02 * warp(x, y), y + 0.02 * warp(y, x)));
    const deep = smoothstep(0.5, 0.86, reach);
    const midline = Math.exp(-(((across + 0.03 * warp(0.2, y)) / ripple) ** 2)) * (Math.abs(along) > 0.3 ? 1 : 0.25);
    const sulcus = Math.max(
      smoothstep(0.13, 0.02, ridges) * smoothstep(0.55, 0.75, reach),
      midline,
      smoothstep(0.86, 0.885, reach),
    );
    const cortex = clamp(
      smoothstep(0.42, 0.1, ridges) * smoothstep(0.45, 0.7, reach) + smoothstep(0.76, 0.84, reach) * 0.8 + 0.35 * deep,
    );
    let level = mixed(tone.white, tone.gray, cortex) + 0.035 * matter(x, y);
    // Deep gray nuclei next to the ventricles.
    const nucleus = Math.hypot((Math.abs(across) - 0.27) / 0.16, (along - 0.08) / 0.2);
    level = mixed(level, tone.gray + 0.02, 0.8 * smoothstep(1.1, 0.85, nucleus + 0.15 * warp(x, y)));
    level = mixed(level, tone.fluid, sulcus);
    // Two diverging horns.
    const t = (along - ventricle.along) / ventricle.length;
    const middle = ventricle.apart * (1 + ventricle.spread * (2 * t * t - 0.4));
    const horn =
      Math.hypot((Math.abs(across) - middle) / (ventricle.width * (1.1 - 0.5 * t * t)), t) + 0.06 * warp(x, y);
    return mixed(level, tone.fluid, smoothstep(1.05, 0.93, horn));
  };

  return {
    room: (x, y) => {
      const { across, along, reach } = own(x, y);
      return reach < 0.84 && eyeReach(across, along) > 1.3;
    },
    sizes: [
      ['small', 0.8],
      ['medium', 0.2],
    ],
    shapes: [
      ['round', 0.4],
      ['oval', 0.3],
      ['elongated', 0.05],
      ['irregular', 0.25],
    ],
    // On T2, dark tumors are rare.
    appearances: t2 && !hard ? ['bright'] : ['bright', 'bright', 'dark'],
    paint(lesions, appearances, size, drawing) {
      const bright = appearances.map((word) => word === 'bright');
      const level = bright.map((is) =>
        is ? between(drawing, hard ? 0.68 : 0.76, 0.97) : between(drawing, 0.14, 0.22),
      );
      // Some bright tumors are rings around a necrotic center; the mask covers the whole tumor.
      const ringed = bright.map((is) => is && drawing() < 0.3);
      const oedema = lesions.map(() => between(drawing, 0.1, 0.5));
      const inner = noise(drawing, { period: 0.05, octaves: 3 });
      const sharp = between(drawing, 0.04, 0.1);
      const [real, imaginary] = [grain(drawing, size), grain(drawing, size)];
      const sigma = between(drawing, 0.012, 0.026);
      const shading = between(drawing, 0.05, 0.14);
      const image = fieldOf(size, (x, y, k) => {
        let value = hard ? distracted(x, y, tissue(x, y)) : tissue(x, y);
        const { reach, index } = nearestLesion(lesions, x, y);
        if (index >= 0 && own(x, y).reach < 0.885) {
          const halo = smoothstep(1 + (oedema[index] as number), 1, reach + 0.08 * inner(x, y));
          value = mixed(value, t2 ? 0.72 : 0.28, 0.55 * halo);
          const within = smoothstep(1 + sharp, 1 - sharp, reach);
          let own = (level[index] as number) + 0.07 * inner(x, y);
          if (ringed[index])
            own = mixed(own, 0.24 + 0.05 * inner(y, x), smoothstep(0.75, 0.58, reach + 0.1 * inner(x, y)));
          value = mixed(value, own, within);
        }
        value *= 1 + shading * bias(x, y);
        // Rician noise: the magnitude of a complex signal.
        return clamp(Math.hypot(value + sigma * (real[k] as number), sigma * (imaginary[k] as number)));
      });
      return grayImage(size, image);
    },
  };
};
