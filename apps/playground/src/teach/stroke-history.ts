// Undo and redo by stroke. A stroke keeps only the tiles that it changed, as they were; all strokes together keep a bounded number of bytes.
import type { RasterImage } from '@medclipseg/datasets';
import { around, type Rectangle } from './rectangle.ts';

/** Side of a tile in pixels. */
const TILE = 64;

/** Pixels of a tile as they were before a stroke, or, once that is undone, after it. */
interface Patch {
  readonly place: Rectangle;
  pixels: Uint8Array;
}

type Stroke = readonly Patch[];

export interface HistoryOptions {
  /** The oldest strokes are forgotten beyond it. */
  readonly maximumBytes?: number;
}

const bytesOf = (stroke: Stroke): number => stroke.reduce((sum, { pixels }) => sum + pixels.length, 0);

function copyOut({ width, data }: RasterImage, { left, top, right, bottom }: Rectangle): Uint8Array {
  const across = right - left;
  const pixels = new Uint8Array(across * (bottom - top));
  for (let y = top; y < bottom; y++) pixels.set(data.subarray(y * width + left, y * width + right), (y - top) * across);
  return pixels;
}

function copyIn({ width, data }: RasterImage, { left, top, right, bottom }: Rectangle, pixels: Uint8Array): void {
  const across = right - left;
  for (let y = top; y < bottom; y++)
    data.set(pixels.subarray((y - top) * across, (y - top + 1) * across), y * width + left);
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.every((value, i) => value === b[i]);

/** Owns what is needed to take strokes on one mask back, and to bring them again. */
export class StrokeHistory {
  readonly #mask: RasterImage;
  readonly #maximumBytes: number;
  readonly #done: Stroke[] = [];
  readonly #undone: Stroke[] = [];
  /** Tiles of the stroke under way, by number. */
  readonly #open = new Map<number, Patch>();

  constructor(mask: RasterImage, { maximumBytes = 4 << 20 }: HistoryOptions = {}) {
    this.#mask = mask;
    this.#maximumBytes = maximumBytes;
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Bytes held. */
  get bytes(): number {
    return [...this.#done, ...this.#undone].reduce((sum, stroke) => sum + bytesOf(stroke), 0);
  }

  /** To be called before pixels of a place change, as often as a stroke needs. */
  keep(place: Rectangle): void {
    const { width, height } = this.#mask;
    const across = Math.ceil(width / TILE);
    for (let row = Math.floor(place.top / TILE); row * TILE < place.bottom; row++)
      for (let column = Math.floor(place.left / TILE); column * TILE < place.right; column++) {
        const number = row * across + column;
        if (this.#open.has(number)) continue;
        const [left, top] = [column * TILE, row * TILE];
        const tile = { left, top, right: Math.min(width, left + TILE), bottom: Math.min(height, top + TILE) };
        this.#open.set(number, { place: tile, pixels: copyOut(this.#mask, tile) });
      }
  }

  /** Ends a stroke. Returns whether it changed anything; if not, it is none. */
  close(): boolean {
    const stroke = [...this.#open.values()].filter(({ place, pixels }) => !same(pixels, copyOut(this.#mask, place)));
    this.#open.clear();
    if (stroke.length === 0) return false;
    this.#done.push(stroke);
    this.#undone.length = 0;
    while (this.bytes > this.#maximumBytes && this.#done.length > 1) this.#done.shift();
    return true;
  }

  /** Takes the last stroke back. Returns the changed place. */
  undo(): Rectangle | undefined {
    return this.#exchange(this.#done, this.#undone);
  }

  /** Brings the stroke back that was undone last. Returns the changed place. */
  redo(): Rectangle | undefined {
    return this.#exchange(this.#undone, this.#done);
  }

  #exchange(from: Stroke[], to: Stroke[]): Rectangle | undefined {
    const stroke = from.pop();
    if (!stroke) return undefined;
    to.push(stroke);
    return stroke.reduce<Rectangle | undefined>((changed, patch) => {
      const now = copyOut(this.#mask, patch.place);
      copyIn(this.#mask, patch.place, patch.pixels);
      patch.pixels = now;
      return around(changed, patch.place);
    }, undefined);
  }
}
