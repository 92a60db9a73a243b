// Modal dialogs, and the notices that they show while they cover the page.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { shownImage } from '../state/image.ts';
import { dismiss, type Notice, notices } from '../state/notices.ts';
import { STRINGS } from '../strings.ts';
import { Icon } from './controls.tsx';
import { tab } from './header.tsx';

/** Whether a notice is shown next to the prompt, which it is about, so that it does not cover it. */
const isAtPrompt = ({ topic }: Notice): boolean =>
  topic === 'run' && tab.value === 'segment' && shownImage.value !== undefined;

/** @param atPrompt whether to show the notices about the prompt, or all others */
export const Notices = ({ atPrompt = false }) => (
  <div class="notices" role="log" aria-live="polite" aria-label={atPrompt ? STRINGS.prompt.messages : STRINGS.messages}>
    {notices.value
      .filter((notice) => isAtPrompt(notice) === atPrompt)
      .map(({ id, kind, text, detail, action }) => (
        <div key={id} class={`notice ${kind}`}>
          <div>
            <p>{text}</p>
            {action && (
              <button
                type="button"
                onClick={() => {
                  dismiss(id);
                  action.act();
                }}
              >
                {action.label}
              </button>
            )}
            {detail && (
              <details>
                <summary>{STRINGS.problems.details}</summary>
                <p>{detail}</p>
              </details>
            )}
          </div>
          <button type="button" class="plain" aria-label={STRINGS.close} onClick={() => dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
  </div>
);

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** The browser's own dialog, which traps the focus and closes with Escape. */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label={title} onClose={onClose}>
      <div class="dialog">
        <header>
          <h2>{title}</h2>
          <button type="button" class="plain" aria-label={STRINGS.close} onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        </header>
        {children}
        <Notices />
      </div>
    </dialog>
  );
}
