// npm run contact-sheet -w packages/datasets: draws docs/phantoms.png, a row of phantoms for each modality with outlined masks and prompts.
import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { drawPhantom, MODALITIES, type Modality, type Phantom } from '../src/index.ts';

/** Chosen so that a row shows no, one and several lesions, and different colors, sizes and places. */
const SEEDS: Readonly<Record<Modality, readonly number[]>> = {
  ultrasound: [6, 44, 45, 40],
  endoscopy: [45, 21, 32, 30],
  dermoscopy: [44, 72, 70, 43],
  mri: [45, 0, 4, 42],
  xray: [69, 62, 60, 72],
};

const SIZE = 192;
const GAP = 8;
const CAPTION = 64;
const COLUMNS = 4;

/** Green pixels along the border of the mask. */
function outlined({ image, mask }: Phantom): Buffer {
  const pixels = Buffer.from(image.data);
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < SIZE && y < SIZE && (mask.data[y * SIZE + x] as number) > 0;
  for (let k = 0; k < mask.data.length; k++) {
    const [x, y] = [k % SIZE, Math.floor(k / SIZE)];
    const border = inside(x, y) && !(inside(x - 1, y) && inside(x + 1, y) && inside(x, y - 1) && inside(x, y + 1));
    if (border) pixels.set([60, 255, 90], 3 * k);
  }
  return pixels;
}

/** A prompt on up to three lines. */
function caption(prompt: string): Buffer {
  const lines: string[] = [];
  for (const word of prompt.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trim();
    if (lines.length > 0 && longer.length <= 33) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const text = lines.map((line, i) => `<text x="0" y="${14 + 14 * i}">${line}</text>`).join('');
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE}" height="${CAPTION}" font-family="DejaVu Sans, Arial, sans-serif" font-size="10.5" fill="#222">${text}</svg>`,
  );
}

const tiles = MODALITIES.flatMap((modality, row) =>
  SEEDS[modality].flatMap((seed, column) => {
    const phantom = drawPhantom({ modality, seed, size: SIZE });
    const [left, top] = [GAP + column * (SIZE + GAP), GAP + row * (SIZE + CAPTION)];
    return [
      { input: outlined(phantom), raw: { width: SIZE, height: SIZE, channels: 3 as const }, left, top },
      { input: caption(phantom.prompt), left, top: top + SIZE },
    ];
  }),
);

const sheet = sharp({
  create: {
    width: GAP + COLUMNS * (SIZE + GAP),
    height: GAP + MODALITIES.length * (SIZE + CAPTION),
    channels: 3,
    background: 'white',
  },
}).composite(tiles);
const out = new URL('../../../docs/phantoms.png', import.meta.url);
// 256 colors keep the image under half a megabyte.
await writeFile(out, await sheet.png({ palette: true, colors: 256, effort: 10, dither: 0.5 }).toBuffer());
process.stdout.write(`${out.pathname}\n`);
