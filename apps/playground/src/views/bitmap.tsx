// A bitmap on a canvas.
import { useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
  readonly bitmap: ImageBitmap | undefined;
  readonly class?: string;
  /** 0 to 1. */
  readonly opacity?: number;
}

/** Decoration for eyes: what it shows is told by text around it. */
export function Bitmap({ bitmap, class: name, opacity = 1 }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (!canvas.current || !bitmap) return;
    // Setting the size also clears it.
    canvas.current.width = bitmap.width;
    canvas.current.height = bitmap.height;
    canvas.current.getContext('2d')?.drawImage(bitmap, 0, 0);
  }, [bitmap]);
  return <canvas ref={canvas} class={name} style={{ opacity: bitmap ? opacity : 0 }} />;
}
