// Undo and redo by stroke. A stroke stores only the tiles that it changed, and the memory of all strokes is limited.
import type { RasterImage } from '@medclipseg/datasets';
import { around, type Rectangle } from './rectangle.ts';

/** Side of a tile in pixels. */
const TILE = 64;

/** Pixels of a tile before a stroke or, after undo, those to redo. */
interface Patch {
  readonly rectangle: Rectangle;
  pixels: Uint8Array;
}

type Stroke = readonly Patch[];

export interface HistoryOptions {
  /** Beyond this limit the oldest strokes are dropped. */
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

/** The history of one mask. */
export class StrokeHistory {
  readonly #mask: RasterImage;
  readonly #maximumBytes: number;
  readonly #done: Stroke[] = [];
  readonly #undone: Stroke[] = [];
  /** Tiles of the current stroke, by index. */
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

  /** Must be called before pixels in the rectangle change. */
  keep(rectangle: Rectangle): void {
    const { width, height } = this.#mask;
    const across = Math.ceil(width / TILE);
    for (let row = Math.floor(rectangle.top / TILE); row * TILE < rectangle.bottom; row++)
      for (let column = Math.floor(rectangle.left / TILE); column * TILE < rectangle.right; column++) {
        const index = row * across + column;
        if (this.#open.has(index)) continue;
        const [left, top] = [column * TILE, row * TILE];
        const tile = { left, top, right: Math.min(width, left + TILE), bottom: Math.min(height, top + TILE) };
        this.#open.set(index, { rectangle: tile, pixels: copyOut(this.#mask, tile) });
      }
  }

  /** Ends the stroke. Returns whether it changed the mask; if not, it is not recorded. */
  close(): boolean {
    const stroke = [...this.#open.values()].filter(
      ({ rectangle, pixels }) => !same(pixels, copyOut(this.#mask, rectangle)),
    );
    this.#open.clear();
    if (stroke.length === 0) return false;
    this.#done.push(stroke);
    this.#undone.length = 0;
    while (this.bytes > this.#maximumBytes && this.#done.length > 1) this.#done.shift();
    return true;
  }

  /** Undoes the last stroke. Returns the changed rectangle. */
  undo(): Rectangle | undefined {
    return this.#exchange(this.#done, this.#undone);
  }

  /** Redoes the stroke that was undone last. Returns the changed rectangle. */
  redo(): Rectangle | undefined {
    return this.#exchange(this.#undone, this.#done);
  }

  #exchange(from: Stroke[], to: Stroke[]): Rectangle | undefined {
    const stroke = from.pop();
    if (!stroke) return undefined;
    to.push(stroke);
    return stroke.reduce<Rectangle | undefined>((changed, patch) => {
      const now = copyOut(this.#mask, patch.rectangle);
      copyIn(this.#mask, patch.rectangle, patch.pixels);
      patch.pixels = now;
      return around(changed, patch.rectangle);
    }, undefined);
  }
}
