// A chest X-ray from the front: lungs, ribs, collar bones, spine, heart, diaphragm; cloudy opacities in the lungs.
import { between, type Random } from '../random.ts';
import { clamp, fieldOf, grain, grayImage, mixed, noise, smoothstep } from './field.ts';
import { nearestLesion, type Scene } from './lesions.ts';

export const xray = (random: Random, hard?: Random): Scene => {
  const middle = between(random, 0.48, 0.52);
  const apex = between(random, 0.12, 0.17);
  const base = between(random, 0.76, 0.84);
  const width = between(random, 0.17, 0.195);
  const apart = between(random, 0.215, 0.235);
  const wave = noise(random, { period: 0.4, octaves: 3 });
  const vessels = noise(random, { period: 0.05, octaves: 3 });
  const soft = noise(random, { period: 0.3, octaves: 3 });
  const marks = noise(random, { period: 0.02, octaves: 2 });
  const heart = {
    x: middle + between(random, 0.05, 0.075),
    y: between(random, 0.63, 0.67),
    width: between(random, 0.13, 0.18),
    height: between(random, 0.14, 0.18),
  };
  const ribs = {
    gap: between(random, 0.072, 0.088),
    first: between(random, 0.0, 0.07),
    slope: between(random, 0.2, 0.45),
    strength: between(random, 0.07, 0.13),
  };
  const exposure = between(random, -0.05, 0.05);
  // Leads and a marker of the patient's left: bright objects that are not lesions.
  const leads = Array.from({ length: random() < 0.6 ? 0 : 1 + Math.floor(random() * 3) }, () => ({
    x: between(random, 0.2, 0.8),
    y: between(random, 0.2, 0.75),
    bend: between(random, -0.4, 0.4),
    lean: between(random, -0.8, 0.8),
  }));
  const marker = { x: 0.9, y: between(random, 0.05, 0.12), shown: random() < 0.6 };

  // Nipples, clips and a pacemaker: dense objects that are no opacities of the lung.
  const nipples = hard && hard() < 0.4 ? { apart: between(hard, 0.19, 0.25), y: between(hard, 0.6, 0.68) } : undefined;
  const clips = Array.from({ length: hard && hard() < 0.5 ? 1 + Math.floor(hard() * 6) : 0 }, () => {
    const draw = hard as Random;
    return { x: between(draw, 0.15, 0.85), y: between(draw, 0.15, 0.8), angle: draw() * Math.PI };
  });
  const pacemaker =
    hard && hard() < 0.25 ? { x: middle + between(hard, 0.2, 0.26), y: between(hard, 0.2, 0.26) } : undefined;
  const foreign = (x: number, y: number): number => {
    let rise = 0;
    if (nipples) {
      const reach = Math.hypot(Math.abs(x - middle) - nipples.apart, y - nipples.y) / 0.017;
      rise = Math.max(rise, 0.16 * smoothstep(1.2, 0.8, reach));
    }
    for (const clip of clips) {
      const [u, v] = [x - clip.x, y - clip.y];
      const along = Math.abs(u * Math.cos(clip.angle) + v * Math.sin(clip.angle));
      const across = Math.abs(v * Math.cos(clip.angle) - u * Math.sin(clip.angle));
      rise = Math.max(rise, 0.5 * smoothstep(0.013, 0.01, along) * smoothstep(0.004, 0.002, across));
    }
    if (pacemaker) {
      const corner = Math.hypot(
        Math.max(0, Math.abs(x - pacemaker.x) - 0.025),
        Math.max(0, Math.abs(y - pacemaker.y) - 0.02),
      );
      rise = Math.max(rise, 0.6 * smoothstep(0.024, 0.018, corner));
      const lead = pacemaker.x - 0.9 * (y - pacemaker.y) ** 2 * 2 - 0.25 * (y - pacemaker.y);
      const below = smoothstep(pacemaker.y, pacemaker.y + 0.02, y) * smoothstep(0.64, 0.62, y);
      rise = Math.max(rise, 0.35 * below * smoothstep(0.006, 0.003, Math.abs(x - lead)));
    }
    return rise;
  };

  /** Height of the diaphragm: a dome under each lung, higher on the image's left, above the liver. */
  const diaphragm = (x: number): number => {
    const side = x < middle ? -1 : 1;
    const across = clamp((x - middle - side * apart) / 0.2, -1, 1);
    return base + 0.045 + 0.015 * side - 0.09 * Math.cos((across * Math.PI) / 2);
  };
  /** Relative position in a lung: below 1 inside. The image's left is the patient's right. */
  const lung = (x: number, y: number): number => {
    const side = x < middle ? -1 : 1;
    const t = clamp((y - apex) / (base - apex), -0.5, 1.5);
    // Narrow at the apex, wide at the base.
    const outer = width * (0.62 + 0.52 * Math.sqrt(clamp(t)));
    const cx = middle + side * (apart - 0.02 * (1 - t));
    const across = Math.abs(x - cx) / outer;
    const up = t < 0.3 ? (0.3 - t) / 0.3 : 0;
    const down = (y - apex) / (diaphragm(x) - apex);
    return Math.max(Math.hypot(across ** 1.6, up ** 1.4) + 0.03 * wave(x, y), down);
  };
  const heartReach = (x: number, y: number) =>
    Math.hypot((x - heart.x) / heart.width, (y - heart.y - 0.35 * (x - heart.x)) / heart.height) + 0.06 * wave(y, x);

  /** The outline of neck, shoulders and arms against black air. */
  const bodyAt = (x: number, y: number): number => {
    const shoulder = 0.16 + 0.5 * Math.abs(x - middle) ** 1.7;
    const neck = smoothstep(0.13, 0.1, Math.abs(x - middle));
    return Math.max(smoothstep(shoulder - 0.09, shoulder - 0.05, y + 0.02 * wave(x, 0.3)), neck);
  };
  /** Ribs as arcs that slope outward, brighter at their edges, and collar bones. They barely show over dense tissue. */
  const bones = (x: number, y: number, dense: number): number => {
    const off = Math.abs(x - middle);
    const cage =
      smoothstep(0.05, 0.12, off) *
      smoothstep(0.42, 0.38, off) *
      smoothstep(0.1, 0.16, y) *
      smoothstep(0.9, 0.76, y) *
      (1 - 0.75 * dense);
    const arc = (y - ribs.first - ribs.slope * off + 2.1 * (off - 0.2) ** 2) / ribs.gap;
    const back = Math.abs(arc - Math.round(arc));
    const backRibs = smoothstep(0.27, 0.21, back) + 0.55 * Math.exp(-(((back - 0.22) / 0.035) ** 2));
    const cross = (y - ribs.first + 0.9 * off - 0.42) / (ribs.gap * 1.35);
    const frontRibs = smoothstep(0.24, 0.18, Math.abs(cross - Math.round(cross))) * smoothstep(0.12, 0.3, off);
    const line = apex + 0.055 - 0.12 * (off - 0.05) + 0.03 * Math.sin(off * 16);
    const collar =
      smoothstep(0.019, 0.011, Math.abs(y - line)) * smoothstep(0.04, 0.06, off) * smoothstep(0.37, 0.34, off);
    return cage * (ribs.strength * backRibs + 0.035 * frontRibs) + 0.2 * collar;
  };

  const tissue = (x: number, y: number): number => {
    const body = bodyAt(x, y);
    const off = Math.abs(x - middle);
    let level = 0.05 + body * (0.5 + 0.06 * soft(x, y) + 0.06 * y);
    const air = smoothstep(1.05, 0.93, lung(x, y));
    level = mixed(level, 0.17 + 0.05 * soft(x, y), air * body);
    // Vessels branch from the hila and thin out.
    const hilum = Math.hypot(off - 0.1, (y - 0.48) * 0.8);
    const branches = smoothstep(0.3, 0.75, Math.abs(vessels(x, y))) * Math.exp(-hilum / 0.17);
    level += air * (0.14 * Math.exp(-hilum / 0.07) + 0.1 * branches + 0.018 * marks(x, y));
    // Heart, mediastinum, the arch of the aorta; the airway is a darker band in their upper part.
    const heartHere = smoothstep(1.16, 0.88, heartReach(x, y));
    const spine = smoothstep(0.085, 0.045, off - 0.03 * smoothstep(0.25, 0.12, y) + 0.012 * wave(y, 0.1));
    const arch = smoothstep(1.25, 0.7, Math.hypot((x - middle - 0.07) / 0.045, (y - 0.31) / 0.045));
    level = mixed(level, 0.6 + 0.04 * soft(y, x), body * heartHere);
    level = Math.max(level, body * spine * (0.61 + 0.015 * Math.cos((2 * Math.PI * y) / 0.055)));
    level = Math.max(level, body * 0.56 * arch);
    level -= 0.13 * smoothstep(0.028, 0.012, Math.abs(x - middle + 0.004)) * smoothstep(0.42, 0.36, y);
    const abdomen = smoothstep(-0.012, 0.012, y - diaphragm(x)) * smoothstep(0.4, 0.36, off);
    level = mixed(level, 0.7 + 0.05 * soft(x, y), body * abdomen);
    return level + body * bones(x, y, Math.max(heartHere, abdomen));
  };

  return {
    // Lesions avoid the heart's shadow, where they would be invisible.
    room: (x, y) => lung(x, y) < 0.92 && heartReach(x, y) > 1.1 && Math.abs(x - middle) > 0.085,
    sizes: [
      ['small', 0.8],
      ['medium', 0.2],
    ],
    shapes: [
      ['round', 0.25],
      ['oval', 0.3],
      ['elongated', 0.1],
      ['irregular', 0.35],
    ],
    spiculated: hard ? 0.3 : 0,
    appearances: ['faint', 'dense'],
    paint(lesions, appearances, size, drawing) {
      const rise = appearances.map((word) =>
        word === 'dense' ? between(drawing, 0.34, 0.44) : between(drawing, 0.17, 0.24),
      );
      const softness = lesions.map(() => between(drawing, 0.12, 0.3));
      const cloud = noise(drawing, { period: 0.06, octaves: 3 });
      const fine = grain(drawing, size);
      const image = fieldOf(size, (x, y, k) => {
        let value = tissue(x, y);
        const { reach, index } = nearestLesion(lesions, x, y);
        if (index >= 0) {
          const soft = softness[index] as number;
          value +=
            (rise[index] as number) *
            smoothstep(1 + soft, 1 - soft, reach + 0.1 * cloud(x, y)) *
            (1 + 0.28 * cloud(y, x));
        }
        if (hard) value += foreign(x, y);
        for (const { x: lx, y: ly, bend, lean } of leads) {
          const path = lx + lean * (y - ly) + bend * (y - ly) ** 2;
          value += 0.28 * smoothstep(0.005, 0.0025, Math.abs(x - path)) * smoothstep(ly - 0.01, ly, y);
          value += 0.3 * smoothstep(0.014, 0.011, Math.hypot(x - lx, y - ly));
        }
        if (marker.shown) {
          const [u, v] = [x - marker.x, y - marker.y];
          const letter =
            (Math.abs(u) < 0.005 && v > 0 && v < 0.045) || (Math.abs(v - 0.042) < 0.005 && u > 0 && u < 0.026);
          if (letter) value = 0.95;
        }
        return clamp(value + exposure + 0.016 * (fine[k] as number));
      });
      return grayImage(size, image);
    },
  };
};
