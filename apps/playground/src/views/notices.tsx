// What the page has to say, where it is seen and read out.
import { dismiss, notices } from '../state/notices.ts';
import { STRINGS } from '../strings.ts';
import { Icon } from './icon.tsx';

export const Notices = () => (
  <div class="notices" role="log" aria-live="polite" aria-label={STRINGS.problems.details}>
    {notices.value.map(({ id, kind, text, detail }) => (
      <div key={id} class={`notice ${kind}`}>
        <div>
          <p>{text}</p>
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
