// What one result shows, for reports: how much foreground, how sure, and whether it reaches the border. Of an image, or of a volume slice by slice.
import { ScoreError } from './errors.ts';

/** Maps of an image or of a slice, row-major. */
export interface ResultMaps {
  readonly width: number;
  readonly height: number;
  /** Foreground where it is not 0. */
  readonly mask: ArrayLike<number>;
  readonly probability: ArrayLike<number>;
  /** Nats, 0 to ln 2. */
  readonly uncertainty: ArrayLike<number>;
}

export interface ResultFigures {
  /** Pixels, or voxels of a volume. */
  readonly foregroundPixels: number;
  /** Of all pixels that were added, 0 to 1. */
  readonly foregroundShare: number;
  /** In nats, over all pixels that were added. */
  readonly meanUncertainty: number;
  /** As `uncertaintyPerForeground` over all pixels; absent if the mask is empty. */
  readonly uncertaintyPerForeground?: number;
  /** As `expectedDice` over all pixels; absent if the mask is empty. */
  readonly expectedDice?: number;
  /** How many of the images or slices have foreground. */
  readonly imagesWithForeground: number;
  /** How many of them have foreground on their border: a part of the structure may be outside. */
  readonly imagesTouchingBorder: number;
}

/** Collects the figures of a result. Memory does not grow with the number of slices. */
export class ResultMeter {
  #pixels = 0;
  #foreground = 0;
  #uncertainty = 0;
  #probability = 0;
  #both = 0;
  #withForeground = 0;
  #touching = 0;

  /** @throws {ScoreError} if the maps do not have width times height values */
  add({ width, height, mask, probability, uncertainty }: ResultMaps): void {
    const pixels = width * height;
    for (const [subject, map] of Object.entries({ mask, probability, uncertainty }))
      if (map.length !== pixels)
        throw new ScoreError(subject, `${pixels} pixels, as ${width}x${height}`, `${map.length}`, 'Resize the map.');
    let [foreground, touches] = [0, false];
    for (let y = 0, i = 0; y < height; y++)
      for (let x = 0; x < width; x++, i++) {
        this.#uncertainty += uncertainty[i] as number;
        this.#probability += probability[i] as number;
        if (!mask[i]) continue;
        foreground++;
        this.#both += probability[i] as number;
        touches ||= x === 0 || y === 0 || x === width - 1 || y === height - 1;
      }
    this.#pixels += pixels;
    this.#foreground += foreground;
    if (foreground > 0) this.#withForeground++;
    if (touches) this.#touching++;
  }

  result(): ResultFigures {
    const foreground = this.#foreground;
    return {
      foregroundPixels: foreground,
      foregroundShare: foreground / this.#pixels,
      meanUncertainty: this.#uncertainty / this.#pixels,
      ...(foreground > 0 && {
        uncertaintyPerForeground: this.#uncertainty / this.#probability,
        expectedDice: (2 * this.#both) / (this.#probability + foreground),
      }),
      imagesWithForeground: this.#withForeground,
      imagesTouchingBorder: this.#touching,
    };
  }
}
