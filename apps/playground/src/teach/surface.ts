// Draws the image, its mask, the outline of the model's mask, and the brush, whenever one of them changes.
import { effect, signal } from '@preact/signals';
import { outlineLayer, outlineReach } from '../drawing/layers.ts';
import { INSIDE, type Point } from '../painting/brush.ts';
import { maskFrom } from '../painting/mask-editor.ts';
import { type Rectangle, whole } from '../painting/rectangle.ts';
import type { Entry } from './entries.ts';
import { diameter, erases, frame, outlineShown, view } from './tools.ts';

/** Color of the painted mask as opacity, blue, green, red (little-endian RGBA). */
const PAINT = 0x76aac800;

/** Position of the brush in image pixels; undefined while no pointer is over the canvas. */
export const cursor = signal<Point | undefined>(undefined);

export interface Surface {
  /** Redraws a changed rectangle of the mask. */
  readonly changed: (rectangle: Rectangle) => void;
  readonly close: () => void;
}

const layerOf = (width: number, height: number) => {
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) throw new Error('canvas: expected a 2D context, got none. Reload the page.');
  return context;
};

/** A rectangle of the mask in its color. */
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

/** Redraws the canvas after every change until it is closed. */
export function openSurface(canvas: HTMLCanvasElement, entry: Entry): Surface {
  const { mask } = entry.editor;
  const tint = layerOf(mask.width, mask.height);
  const outline = layerOf(mask.width, mask.height);

  const draw = () => {
    const context = canvas.getContext('2d');
    // Removing an example closes its bitmap, which sets its width to 0, before its canvas is unmounted.
    if (!context || entry.bitmap.width === 0) return;
    const { width, height } = frame.value;
    const { scale, left, top } = view.value;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(scale, 0, 0, scale, left, top);
    // Show single pixels when zoomed in.
    context.imageSmoothingEnabled = scale < 3;
    context.drawImage(entry.bitmap, 0, 0, mask.width, mask.height);
    context.drawImage(tint.canvas, 0, 0);
    if (outlineShown.value) context.drawImage(outline.canvas, 0, 0);
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (cursor.value) drawBrush(context, cursor.value);
  };
  let requested: number | undefined;
  const redraw = () => {
    requested ??= requestAnimationFrame(() => {
      requested = undefined;
      draw();
    });
  };
  const changed = (rectangle: Rectangle) => {
    tint.putImageData(tinted(entry, rectangle), rectangle.left, rectangle.top);
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
        const reach = outlineReach(Math.max(mask.width, mask.height));
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
      if (requested !== undefined) cancelAnimationFrame(requested);
    },
  };
}
