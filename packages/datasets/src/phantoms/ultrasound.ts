// A breast in B-mode ultrasound: skin, fat with septa, glandular tissue, muscle; speckle; shadows below.
import { between, type Random } from '../random.ts';
import {
  blurred,
  clamp,
  type Field,
  fieldOf,
  grain,
  grayImage,
  mixed,
  noise,
  normalized,
  smoothstep,
} from './field.ts';
import { type DrawnLesion, nearestLesion, type Scene } from './lesions.ts';

/** Brightness inside after log compression, and below the lesion: shadow if negative, enhancement if positive. */
const ECHOES: Readonly<Record<string, { level: readonly [number, number]; below: readonly [number, number] }>> = {
  dark: { level: [0.13, 0.24], below: [-0.24, 0.02] },
  black: { level: [0.0, 0.05], below: [0.1, 0.22] },
  bright: { level: [0.78, 0.92], below: [-0.05, 0.05] },
  // As bright as its surroundings: seen by its halo, its texture and its shadow.
  gray: { level: [0.36, 0.5], below: [-0.2, -0.04] },
};

/** Fully developed speckle: the log magnitude of complex normal noise, wider than deep, and wider with depth. */
function speckle(random: Random, size: number): Field {
  const layer = (width: number) => {
    const [re, im] = [0, 0].map(() => normalized(blurred(grain(random, size), size, width, 0.0032))) as [Field, Field];
    return re.map((v, k) => Math.log(Math.hypot(v, im[k] as number) / Math.SQRT2 + 0.03));
  };
  const [near, far] = [layer(0.0045), layer(0.009)];
  return fieldOf(size, (_, y, k) => mixed(near[k] as number, far[k] as number, y));
}

/** Change of brightness below lesions, column by column. */
function belowLesions(lesions: readonly DrawnLesion[], size: number, strengths: readonly number[]): Field {
  const out = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    const x = (i + 0.5) / size;
    for (const [n, lesion] of lesions.entries()) {
      let passed = 0;
      for (let j = 0; j < size; j++) {
        const y = (j + 0.5) / size;
        if (lesion.reach(x, y) < 1) passed += 1 / size;
        else if (y > lesion.y && passed > 0)
          out[j * size + i] =
            (out[j * size + i] as number) +
            (strengths[n] as number) * smoothstep(0, lesion.radius, passed) * Math.exp(-(y - lesion.y) / 0.6);
      }
    }
  }
  return blurred(out, size, 0.008);
}

export const ultrasound = (random: Random, hard?: Random): Scene => {
  const wavy = (middle: number, height: number) => {
    const wave = noise(random, { period: 0.35, octaves: 2 });
    return (x: number) => middle + height * wave(x, 0.5);
  };
  const skin = between(random, 0.02, 0.05);
  const fat = wavy(between(random, 0.16, 0.3), 0.05);
  const gland = wavy(between(random, 0.55, 0.75), 0.05);
  const chest = wavy(between(random, 0.84, 0.95), 0.03);
  const septa = noise(random, { period: 0.16, octaves: 2, stretch: 1.6 });
  const lobules = noise(random, { period: 0.11, octaves: 2, stretch: 1.6 });
  const texture = noise(random, { period: 0.045, octaves: 2, stretch: 1.6 });
  const cloud = noise(random, { period: 0.3, octaves: 2, stretch: 1.6 });
  const streaks = noise(random, { period: 0.03, octaves: 2, stretch: 9 });
  const tilt = between(random, -0.25, 0.25);
  const gain = between(random, -0.04, 0.05);
  const bands = Array.from({ length: Math.floor(random() * 4) }, () => ({
    x: random(),
    width: between(random, 0.015, 0.05),
    depth: between(random, 0.06, 0.2),
    from: between(random, 0.05, 0.35),
  }));
  // Fat lobules: ovals slightly darker than their surroundings, with a capsule. They are not lesions.
  const decoys = Array.from({ length: 2 + Math.floor(random() * 3) }, () => ({
    x: random(),
    y: between(random, 0.12, 0.6),
    width: between(random, 0.06, 0.14),
    height: between(random, 0.025, 0.05),
    level: between(random, -0.13, -0.06),
  }));

  // Ribs and calcifications: a bright arc that throws a dark shadow to the lower edge.
  const shadows = Array.from({ length: hard ? 1 + Math.floor(hard() * 3) : 0 }, () => {
    const draw = hard as Random;
    return {
      x: draw(),
      y: between(draw, 0.12, 0.7),
      width: between(draw, 0.015, 0.09),
      depth: between(draw, 0.12, 0.34),
    };
  });
  const behindShadows = (x: number, y: number): number => {
    let change = 0;
    for (const shadow of shadows) {
      const across = (x - shadow.x) / shadow.width;
      const top = shadow.y + 0.02 * across * across;
      const inside = smoothstep(1.15, 0.85, Math.abs(across));
      change += inside * (0.5 * Math.exp(-(((y - top) / 0.008) ** 2)) - shadow.depth * smoothstep(top, top + 0.03, y));
    }
    return change;
  };

  const tissue = (x: number, y: number): number => {
    const [s, l, t, c] = [septa(x, y), lobules(x, y), texture(x, y), cloud(x, y)];
    const fatLevel = 0.33 + 0.07 * l + 0.3 * smoothstep(0.12, 0, Math.abs(s)) * (0.5 + 0.5 * c);
    const glandLevel = 0.56 + 0.1 * c + 0.1 * t + 0.08 * l;
    const muscleLevel = 0.36 + 0.16 * streaks(x, y + tilt * (x - 0.5)) + 0.05 * c;
    let level = mixed(fatLevel, glandLevel, smoothstep(fat(x) - 0.02, fat(x) + 0.03, y + 0.05 * l));
    level = mixed(level, muscleLevel, smoothstep(gland(x) - 0.01, gland(x) + 0.01, y));
    level += 0.4 * Math.exp(-(((y - gland(x)) / 0.009) ** 2)) * (0.7 + 0.3 * c);
    // The pleura: a bright line with darkness below it.
    level = mixed(level, 0.1, smoothstep(chest(x), chest(x) + 0.02, y));
    level += 0.5 * Math.exp(-(((y - chest(x)) / 0.01) ** 2));
    for (const decoy of decoys) {
      const reach = Math.hypot((x - decoy.x) / decoy.width, (y - decoy.y) / decoy.height) + 0.12 * t;
      level += decoy.level * smoothstep(1.1, 0.8, reach) + 0.12 * Math.exp(-(((reach - 1.1) / 0.12) ** 2));
    }
    if (y < skin) level = y < skin * 0.35 ? 0.92 : 0.62 + 0.1 * t;
    return level;
  };

  return {
    room: (_, y) => y > skin + 0.05 && y < 0.9,
    sizes: [
      ['small', 0.62],
      ['medium', 0.34],
      ['large', 0.04],
    ],
    shapes: [
      ['round', 0.25],
      ['oval', 0.4],
      ['elongated', 0.1],
      ['irregular', 0.25],
    ],
    spiculated: hard ? 0.35 : 0,
    appearances: hard ? ['dark', 'dark', 'gray', 'gray', 'black', 'bright'] : ['dark', 'dark', 'black', 'bright'],
    paint(lesions, appearances, size, drawing) {
      const echoes = appearances.map((word) => ECHOES[word] as (typeof ECHOES)[string]);
      const levels = echoes.map(({ level }) => between(drawing, ...level));
      const strengths = echoes.map(({ below }) => between(drawing, ...below));
      const sharpness = lesions.map(() => between(drawing, 0.03, 0.14));
      const rim = lesions.map(() => between(drawing, 0, 0.16));
      const inner = noise(drawing, { period: 0.06, octaves: 2 });
      const shade = belowLesions(lesions, size, strengths);
      const grains = speckle(drawing, size);
      const image = fieldOf(size, (x, y, k) => {
        let value = tissue(x, y);
        const { reach, index } = nearestLesion(lesions, x, y);
        const black = appearances[index] === 'black';
        if (index >= 0) {
          const edge = sharpness[index] as number;
          const within = smoothstep(1 + edge, 1 - edge, reach);
          const halo = appearances[index] === 'gray' ? -0.16 : (rim[index] as number);
          value += halo * Math.exp(-(((reach - 1 - edge) / 0.09) ** 2));
          value = mixed(value, (levels[index] as number) + (black ? 0.01 : 0.05) * inner(x, y), within);
        }
        value += (shade[k] as number) + behindShadows(x, y);
        for (const band of bands)
          value -=
            band.depth * Math.exp(-(((x - band.x) / band.width) ** 2)) * smoothstep(band.from, band.from + 0.2, y);
        value += gain - 0.16 * smoothstep(0.55, 1, y);
        return clamp(value + (black && reach < 1 ? 0.05 : 0.14) * (grains[k] as number) + 0.02);
      });
      return grayImage(size, image);
    },
  };
};
