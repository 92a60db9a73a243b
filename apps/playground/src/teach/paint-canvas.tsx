// The canvas for painting a mask over an image, with pointers or keys.
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Point } from '../painting/brush.ts';
import { followPointers } from '../painting/pointers.ts';
import { toImage } from '../painting/viewport.ts';
import type { Entry } from './entries.ts';
import { TEACH } from './strings.ts';
import { cursor, openSurface, type Surface } from './surface.ts';
import { brush, diameter, endStroke, frame, move, showAll, undoStroke, view, zoom } from './tools.ts';

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function paint(surface: Surface, { editor }: Entry, points: readonly Point[], erasing?: boolean): void {
  const changed = editor.stroke(points, erasing ? brush(true) : brush());
  if (changed) surface.changed(changed);
}

export function PaintCanvas({ entry }: { readonly entry: Entry }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface | undefined>(undefined);
  const help = useId();
  const { mask } = entry.editor;

  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    const opened = openSurface(element, entry);
    surface.current = opened;
    showAll();
    const size = new ResizeObserver(() => {
      const { width, height } = element.getBoundingClientRect();
      frame.value = {
        width: Math.max(1, Math.round(width * devicePixelRatio)),
        height: Math.max(1, Math.round(height * devicePixelRatio)),
      };
    });
    size.observe(element);
    const unfollow = followPointers(element, {
      paint: (points, erasing) =>
        paint(
          opened,
          entry,
          points.map((point) => toImage(view.value, point)),
          erasing,
        ),
      end: () => endStroke(entry),
      cancel: () => {
        if (entry.editor.end()) undoStroke(entry);
      },
      hover: (at) => {
        cursor.value = at && toImage(view.value, at);
      },
      move,
      zoom,
    });
    return () => {
      unfollow();
      size.disconnect();
      endStroke(entry);
      opened.close();
      cursor.value = undefined;
    };
  }, [entry]);

  const onKeyDown = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key];
    const { x, y } = cursor.value ?? { x: mask.width / 2, y: mask.height / 2 };
    if (arrow) {
      const by = event.shiftKey ? 1 : Math.max(1, diameter.value / 4);
      cursor.value = {
        x: Math.min(mask.width, Math.max(0, x + by * arrow[0])),
        y: Math.min(mask.height, Math.max(0, y + by * arrow[1])),
      };
    } else if (event.key === ' ') {
      cursor.value = { x, y };
      if (surface.current) paint(surface.current, entry, [{ x, y }]);
      endStroke(entry);
    } else return;
    event.preventDefault();
  };

  return (
    <div
      class="paint"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: painting works with keys too
      tabIndex={0}
      role="application"
      aria-label={TEACH.canvas(entry.name)}
      aria-describedby={help}
      onKeyDown={onKeyDown}
    >
      <canvas ref={canvas} />
      <p id={help} class="unseen">
        {TEACH.canvasHelp}
      </p>
    </div>
  );
}
