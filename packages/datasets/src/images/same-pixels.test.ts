// Whole and damaged files of every kind give the same pixels in Node and in pages, or are refused in both: this file runs in both.
import { expect, it } from 'vitest';
import fixture from '../fixtures/same-pixels.json' with { type: 'json' };

interface Case {
  readonly file: number;
  readonly length?: number;
  readonly at?: number;
  readonly byte?: number;
  readonly pixels?: string;
}

const inPage = typeof document !== 'undefined';
const { decodeImage } = await (inPage ? import('./decode-browser.ts') : import('./decode-node.ts'));

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

async function read(bytes: Uint8Array): Promise<string | undefined> {
  // Files of several pages show the first. What needs a window has one.
  const first = { page: 0, volume: 0 };
  const image = await decodeImage(bytes, first)
    .catch(() => decodeImage(bytes, { ...first, window: { center: 64, width: 128 } }))
    .catch(() => undefined);
  if (!image) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(image.data)));
  const hex = [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${image.width}x${image.height} ${hex}`;
}

it(`the expected pixels, in ${inPage ? 'a page' : 'Node'}`, async () => {
  const files = fixture.files.map(fromBase64);
  const cases = fixture.cases as readonly Case[];
  expect(cases.length).toBeGreaterThan(700);
  const different: Case[] = [];
  for (const expected of cases) {
    const { file, length, at, byte } = expected;
    const bytes = (files[file] as Uint8Array).slice(0, length);
    if (at !== undefined) bytes[at] = byte as number;
    const pixels = await read(bytes);
    if (pixels !== expected.pixels) different.push({ ...expected, pixels: `${pixels} instead of ${expected.pixels}` });
  }
  expect(different).toEqual([]);
});
