// Draws the picture, its mask, what the model finds, and the brush; only when something changed.
import { effect, signal } from '@preact/signals';
import { outlineLayer } from '../drawing/layers.ts';
import { INSIDE, type Point } from './brush.ts';
import type { Entry } from './entries.ts';
import { maskFrom } from './mask-editor.ts';
import { type Rectangle, whole } from './rectangle.ts';
import { diameter, erases, frame, outlineShown, view } from './tools.ts';

/** Of the painted mask: opacity, blue, green, red, as canvases store them. */
const PAINT = 0x76aac800;

/** Where the brush is, in picture pixels; undefined while no pointer is over the picture. */
export const cursor = signal<Point | undefined>(undefined);

export interface Surface {
  /** Draws a changed place of the mask. */
  readonly changed: (place: Rectangle) => void;
  readonly close: () => void;
}

const layerOf = (width: number, height: number) => {
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) throw new Error('the browser gives no canvas');
  return context;
};

/** The place of a mask in its color. */
function tinted({ editor: { mask } }: Entry, { left, top, right, bottom }: Rectangle): ImageData {
  const pixels = new ImageData(right - left, bottom - top);
  const colors = new Uint32Array(pixels.data.buffer);
  for (let y = top, k = 0; y < bottom; y++)
    for (let x = left; x < right; x++, k++) if (mask.data[y * mask.width + x] === INSIDE) colors[k] = PAINT;
  return pixels;
}

function drawBrush(context: CanvasRenderingContext2D, at: Point): void {
  const { scale, left, top } = view.value;
  const radius = Math.max(1, (diameter.value / 2) * scale);
  for (const [width, color] of [
    [3, '#000a'],
    [1.5, erases.value ? '#ff9d76' : '#fff'],
  ] as const) {
    context.beginPath();
    context.arc(left + at.x * scale, top + at.y * scale, radius, 0, 2 * Math.PI);
    context.lineWidth = width * devicePixelRatio;
    context.strokeStyle = color;
    context.stroke();
  }
}

/** Keeps a canvas drawn until it is closed. */
export function openSurface(canvas: HTMLCanvasElement, entry: Entry): Surface {
  const { mask } = entry.editor;
  const tint = layerOf(mask.width, mask.height);
  const outline = layerOf(mask.width, mask.height);

  const draw = () => {
    const context = canvas.getContext('2d');
    if (!context) return;
    const { width, height } = frame.value;
    const { scale, left, top } = view.value;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(scale, 0, 0, scale, left, top);
    // Enlarged pixels are to be seen as such.
    context.imageSmoothingEnabled = scale < 3;
    context.drawImage(entry.bitmap, 0, 0, mask.width, mask.height);
    context.drawImage(tint.canvas, 0, 0);
    if (outlineShown.value) context.drawImage(outline.canvas, 0, 0);
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (cursor.value) drawBrush(context, cursor.value);
  };
  let asked: number | undefined;
  const redraw = () => {
    asked ??= requestAnimationFrame(() => {
      asked = undefined;
      draw();
    });
  };
  const changed = (place: Rectangle) => {
    tint.putImageData(tinted(entry, place), place.left, place.top);
    redraw();
  };

  const following = [
    effect(() => {
      void entry.revision.value;
      changed(whole(mask));
    }),
    effect(() => {
      const found = (entry.now.value ?? entry.before.value)?.probability;
      outline.clearRect(0, 0, mask.width, mask.height);
      if (found) {
        const binary = maskFrom(found, mask).data.map((value) => (value === INSIDE ? 1 : 0));
        const reach = Math.max(1, Math.round(Math.max(mask.width, mask.height) / 360));
        outline.putImageData(new ImageData(outlineLayer(binary, mask.width, mask.height, reach), mask.width), 0, 0);
      }
      redraw();
    }),
    effect(() => {
      void [view.value, frame.value, diameter.value, erases.value, outlineShown.value, cursor.value];
      redraw();
    }),
  ];
  return {
    changed,
    close: () => {
      for (const end of following) end();
      if (asked !== undefined) cancelAnimationFrame(asked);
    },
  };
}
