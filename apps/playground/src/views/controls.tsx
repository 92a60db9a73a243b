// The page's basic controls: icons, canvases, file buttons, sliders and choices.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

const ICONS = {
  add: 'M12 5v14M5 12h14',
  trash: 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12',
  close: 'M6 6l12 12M18 6 6 18',
  dice: 'M5 5h14v14H5zM9 9h.2M15 9h.2M12 12h.2M9 15h.2M15 15h.2',
  download: 'M12 4v11m0 0 4-4m-4 4-4-4M5 19h14',
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  grid: 'M4 4h16v16H4zM4 9.300h16M4 14.700h16M9.300 4v16M14.700 4v16',
  info: 'M12 11v6M12 7.500h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700L12 7m2 3a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700L12 17',
  model: 'M12 3 4 7.500v9L12 21l8-4.500v-9L12 3ZM4 7.500l8 4.500 8-4.500M12 12v9',
  open: 'M4 7v11a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1V9a1 1 0 0 0-1-1h-7l-2-2.5H5A1 1 0 0 0 4 6.5Z',
  redo: 'm15 7 4 4-4 4m4-4h-9a5 5 0 0 0 0 10h3',
  stop: 'M7 7h10v10H7z',
  theme: 'M12 3a9 9 0 1 0 0 18ZM12 3a9 9 0 0 1 0 18',
  undo: 'M9 7 5 11l4 4M5 11h9a5 5 0 0 1 0 10h-3',
  zoomIn: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM15.500 15.500 20 20M10.500 7.500v6M7.500 10.500h6',
  zoomOut: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM15.500 15.500 20 20M7.500 10.500h6',
} as const;

export type IconName = keyof typeof ICONS;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={ICONS[name]} />
  </svg>
);

/** Focuses an element if the focused one was removed, so that keys and screen readers stay where they were. */
export function keepFocus(element: HTMLElement | null | undefined): void {
  if (document.activeElement === document.body) element?.focus();
}

interface BitmapProps {
  readonly bitmap: ImageBitmap | undefined;
  readonly class?: string;
  /** 0 to 1. */
  readonly opacity?: number;
}

/** A bitmap on a canvas. It has no accessible name of its own; the text around it says what it shows. */
export function Bitmap({ bitmap, class: name, opacity = 1 }: BitmapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (!canvas.current || !bitmap) return;
    // Setting the size also clears the canvas.
    canvas.current.width = bitmap.width;
    canvas.current.height = bitmap.height;
    canvas.current.getContext('2d')?.drawImage(bitmap, 0, 0);
  }, [bitmap]);
  return <canvas ref={canvas} class={name} style={{ opacity: bitmap ? opacity : 0 }} />;
}

interface PromptFieldProps {
  readonly label: string;
  /** Whether the label is for screen readers only. */
  readonly isLabelHidden?: boolean;
  readonly value: string;
  readonly placeholder: string;
  readonly describedBy?: string;
  readonly onInput: (value: string) => void;
  readonly onFocus?: () => void;
}

/** A field of one paragraph that grows with its text. Enter submits its form. */
export function PromptField({
  label,
  isLabelHidden,
  value,
  placeholder,
  describedBy,
  onInput,
  onFocus,
}: PromptFieldProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const { current } = field;
    if (!current) return;
    const fit = () => {
      current.style.height = 'auto';
      // The border is not part of the content.
      current.style.height = `${current.scrollHeight + current.offsetHeight - current.clientHeight}px`;
    };
    fit();
    const resized = new ResizeObserver(([entry]) => entry && Math.round(entry.contentRect.width) !== width && fit());
    const width = Math.round(current.clientWidth);
    resized.observe(current);
    return () => resized.disconnect();
  }, [value]);
  return (
    <label>
      <span class={isLabelHidden ? 'unseen' : 'side'}>{label}</span>
      <textarea
        ref={field}
        rows={1}
        value={value}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        enterkeyhint="go"
        aria-describedby={describedBy}
        onFocus={onFocus}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.isComposing) return;
          event.preventDefault();
          event.currentTarget.form?.requestSubmit();
        }}
        onInput={({ currentTarget }) => onInput(currentTarget.value.replaceAll(/\s*\n\s*/g, ' '))}
      />
    </label>
  );
}

interface FileButtonProps {
  /** One file, or several with `multiple`. */
  readonly onFiles: (files: readonly [File, ...File[]]) => void;
  readonly multiple?: boolean;
  readonly accept?: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A button that opens the file chooser. */
export function FileButton({ onFiles, multiple, accept, class: name, children }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={name} onClick={() => input.current?.click()}>
        {children}
      </button>
      <input
        ref={input}
        type="file"
        multiple={multiple}
        accept={accept}
        hidden
        onChange={({ currentTarget }) => {
          const [first, ...others] = currentTarget.files ?? [];
          // Allows choosing the same files again.
          currentTarget.value = '';
          if (first) onFiles([first, ...others]);
        }}
      />
    </>
  );
}

interface SegmentedProps<Value extends string> {
  readonly label: string;
  readonly values: readonly Value[];
  readonly names: Readonly<Record<Value, string>>;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly small?: boolean;
}

/** Radio buttons in a row. */
export const Segmented = <Value extends string>({
  label,
  values,
  names,
  value,
  onChange,
  small,
}: SegmentedProps<Value>) => (
  <fieldset class={small ? 'segmented small' : 'segmented'}>
    <legend class="unseen">{label}</legend>
    {values.map((one) => (
      <label key={one}>
        <input type="radio" name={label} checked={one === value} onChange={() => onChange(one)} />
        <span>{names[one]}</span>
      </label>
    ))}
  </fieldset>
);

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The value as text. */
  readonly shown: string;
  readonly hint?: string;
  readonly disabled?: boolean;
  readonly onInput: (value: number) => void;
}

export function Slider({ label, value, min, max, step, shown, hint, disabled, onInput }: SliderProps) {
  const id = useId();
  return (
    <div class="slider" title={hint}>
      <div class="row">
        <label for={id}>{label}</label>
        <span>{shown}</span>
      </div>
      <input
        id={id}
        type="range"
        {...{ min, max, step, value, disabled }}
        aria-valuetext={shown}
        onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}
