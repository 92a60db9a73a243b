// An image with a layer over it, the value under the pointer, and the gestures on it.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Point } from '../painting/brush.ts';
import { followPointers } from '../painting/pointers.ts';
import { toImage } from '../painting/viewport.ts';
import { diameter, endStroke, redoEdit, resizeBrush, stroke, tool, undoEdit } from '../state/correct.ts';
import { seek, shownImage } from '../state/image.ts';
import { beginWindowDrag, dragWindow } from '../state/window.ts';
import { isEnlarged, move, showWhole, viewport, zoom } from '../state/zoom.ts';
import { STRINGS } from '../strings.ts';
import type { ShownImage, Side, View } from '../worker/protocol.ts';
import { Bitmap } from './controls.tsx';

interface Props {
  readonly title?: string;
  /** Accessible name. */
  readonly label: string;
  readonly shown: ShownImage;
  readonly layer: ImageBitmap | undefined;
  readonly opacity: number;
  /** The view that the layer shows. */
  readonly view?: View;
  /** The result that the brush corrects, if there is one. */
  readonly corrects?: Side;
  /** The value at a point, in fractions of width and height; undefined where there is none. */
  readonly read?: (x: number, y: number) => string | undefined;
  /** Shown over the image; receives pointer events. */
  readonly children?: ComponentChildren;
}

/** Fraction of the screen that an arrow key moves the probe, or the image. */
const STEP = 0.02;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

const KEYS: Readonly<Record<string, () => void>> = {
  '+': () => zoom(1.5),
  '=': () => zoom(1.5),
  '-': () => zoom(1 / 1.5),
  '0': showWhole,
  '[': () => resizeBrush(-1),
  ']': () => resizeBrush(1),
  z: () => void undoEdit(),
  Z: () => void redoEdit(),
};

/** Keys that go to another slice. */
function slicesOf(key: string): number | undefined {
  const slice = shownImage.value?.slice;
  if (!slice) return undefined;
  const { index, count } = slice;
  const next = { PageUp: index - 1, PageDown: index + 1, Home: 0, End: count - 1 }[key];
  return next === undefined ? undefined : Math.min(count - 1, Math.max(0, next));
}

const clamp = (share: number) => Math.min(1, Math.max(0, share));

const Edges = ({ edges }: Pick<ShownImage, 'edges'>) => (
  <>
    {edges &&
      Object.entries(edges).map(([edge, letter]) => (
        <span key={edge} class={`edge ${edge}`}>
          {letter}
        </span>
      ))}
  </>
);

export function Screen({ title, label, shown, layer, opacity, view, corrects, read, children }: Props) {
  const canvases = useRef<HTMLDivElement>(null);
  /** In fractions of the image. */
  const point = useSignal<Point | undefined>(undefined);
  const { width, height, pixelAspect, bitmap, edges } = shown;
  const { scale, left, top } = viewport.value;
  const at = point.value;
  const value = at && read?.(at.x, at.y);
  const paints = corrects !== undefined && (tool.value === 'paint' || tool.value === 'erase');
  const blocked = Boolean(children);

  useEffect(() => {
    const element = canvases.current;
    if (!element || blocked) return;
    let before: Point | undefined;
    const inPixels = (one: Point): Point => {
      const { x, y } = toImage(viewport.value, one);
      return { x: x * width, y: y * height };
    };
    return followPointers(
      element,
      {
        paint: (points, erasing) => {
          const now = points.at(-1) as Point;
          if (paints) stroke(corrects, points.map(inPixels), erasing || tool.value === 'erase');
          else if (tool.value === 'window') {
            if (before) dragWindow(now.x - before.x, now.y - before.y);
            else beginWindowDrag();
          } else if (before) move(now.x - before.x, now.y - before.y);
          before = now;
        },
        end: () => {
          if (paints) void endStroke(corrects);
          before = undefined;
        },
        cancel: () => {
          // The second finger of a pinch: what the first one painted is undone.
          if (paints) void endStroke(corrects).then(undoEdit);
          before = undefined;
        },
        hover: (one) => {
          const found = one && toImage(viewport.value, one);
          point.value = found && { x: clamp(found.x), y: clamp(found.y) };
        },
        move,
        zoom,
      },
      ({ clientX, clientY }) => {
        const box = element.getBoundingClientRect();
        return { x: (clientX - box.left) / box.width, y: (clientY - box.top) / box.height };
      },
    );
  }, [width, height, corrects, paints, blocked]);

  const onKeyDown = (event: KeyboardEvent) => {
    // Ignore keys pressed on the place grid's buttons, and the browser's own.
    if (event.target !== event.currentTarget || event.altKey) return;
    const [step, slice] = [ARROWS[event.key], slicesOf(event.key)];
    const { x, y } = at ?? { x: 0.5, y: 0.5 };
    const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z';
    if ((event.ctrlKey || event.metaKey) && !isUndo) return;
    if (step && event.shiftKey) move(-5 * step[0], -5 * step[1]);
    else if (step) point.value = { x: clamp(x + step[0] / scale), y: clamp(y + step[1] / scale) };
    else if (slice !== undefined) void seek(slice);
    else if (event.key === ' ' && paints) {
      stroke(corrects, [{ x: x * width, y: y * height }], tool.value === 'erase');
      void endStroke(corrects);
    } else if (KEYS[event.key]) KEYS[event.key]?.();
    else return;
    event.preventDefault();
  };

  const place = at && { x: clamp(at.x * scale + left), y: clamp(at.y * scale + top) };
  return (
    <figure class="screen">
      {title && <figcaption>{title}</figcaption>}
      <div
        ref={canvases}
        class="canvases"
        style={{
          '--aspect': `${width / (height * pixelAspect)}`,
          touchAction: isEnlarged.value || tool.value !== 'move' ? 'none' : 'pan-y',
        }}
        data-view={view}
        data-tool={paints ? 'paint' : tool.value}
        role="application"
        aria-label={label}
        aria-description={read ? STRINGS.image.probe : STRINGS.image.keys}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move the probe, zoom, and change slices
        tabIndex={0}
        onBlur={() => (point.value = undefined)}
        onKeyDown={onKeyDown}
      >
        <div class="window">
          <div
            class={scale > 3 ? 'enlarged pixels' : 'enlarged'}
            style={{ transform: `translate(${100 * left}%, ${100 * top}%) scale(${scale})` }}
          >
            <Bitmap bitmap={bitmap} />
            <Bitmap bitmap={layer} opacity={opacity} class="layer" />
          </div>
          <Edges edges={edges} />
        </div>
        {children}
        {paints && place && (
          <span
            class="brush"
            style={{
              left: `${100 * place.x}%`,
              top: `${100 * place.y}%`,
              width: `${(100 * diameter() * scale) / width}%`,
            }}
          />
        )}
        {place && value && (
          <output
            class={place.x > 0.7 ? 'probe left' : 'probe'}
            style={{ left: `${100 * place.x}%`, top: `${100 * place.y}%` }}
          >
            <span>{value}</span>
          </output>
        )}
      </div>
    </figure>
  );
}
