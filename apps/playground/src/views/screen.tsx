// An image with a layer over it, and the value under the pointer.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { STRINGS } from '../strings.ts';
import type { View } from '../worker/protocol.ts';
import { Bitmap } from './controls.tsx';

interface Props {
  readonly title?: string;
  /** Accessible name. */
  readonly label: string;
  readonly image: ImageBitmap;
  readonly layer: ImageBitmap | undefined;
  readonly opacity: number;
  /** The view that the layer shows. */
  readonly view?: View;
  /** The value at a point, in fractions of width and height; undefined where there is none. */
  readonly read?: (x: number, y: number) => string | undefined;
  /** Shown over the image; receives pointer events. */
  readonly children?: ComponentChildren;
}

/** Fraction of the image that an arrow key moves the probe. */
const STEP = 0.02;
const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

const clamp = (share: number) => Math.min(1, Math.max(0, share));

export function Screen({ title, label, image, layer, opacity, view, read, children }: Props) {
  const point = useSignal<readonly [number, number] | undefined>(undefined);
  const at = point.value;
  const value = at && read?.(...at);

  const follow = (event: PointerEvent & { readonly currentTarget: HTMLElement }) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    point.value = [clamp((event.clientX - left) / width), clamp((event.clientY - top) / height)];
  };
  const move = (event: KeyboardEvent) => {
    const step = MOVES[event.key];
    // Ignore keys pressed on the place grid's buttons.
    if (!step || event.target !== event.currentTarget) return;
    event.preventDefault();
    const [x, y] = at ?? [0.5, 0.5];
    point.value = [clamp(x + step[0]), clamp(y + step[1])];
  };

  return (
    <figure class="screen">
      {title && <figcaption>{title}</figcaption>}
      <div
        class="canvases"
        style={{ '--aspect': `${image.width / image.height}` }}
        data-view={view}
        role="application"
        aria-label={label}
        aria-description={read && STRINGS.image.probe}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the probe
        tabIndex={0}
        onPointerMove={follow}
        onPointerDown={follow}
        onPointerLeave={() => (point.value = undefined)}
        onBlur={() => (point.value = undefined)}
        onKeyDown={move}
      >
        <Bitmap bitmap={image} />
        <Bitmap bitmap={layer} opacity={opacity} class="layer" />
        {children}
        {at && value && (
          <output
            class={at[0] > 0.7 ? 'probe left' : 'probe'}
            style={{ left: `${100 * at[0]}%`, top: `${100 * at[1]}%` }}
          >
            <span>{value}</span>
          </output>
        )}
      </div>
    </figure>
  );
}
