// A button that opens the file chooser.
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

interface Props {
  /** At least one; one alone without `multiple`. */
  readonly onFiles: (files: readonly [File, ...File[]]) => void;
  readonly multiple?: boolean;
  readonly accept?: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function FileButton({ onFiles, multiple, accept, class: name, children }: Props) {
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
          // So that the same files can be chosen again.
          currentTarget.value = '';
          if (first) onFiles([first, ...others]);
        }}
      />
    </>
  );
}
