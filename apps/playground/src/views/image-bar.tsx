// The open image's name and size, and buttons to replace or close it.
import { mayClose, openFiles, openPhantom, phantom, showImage } from '../state/image.ts';
import { STRINGS } from '../strings.ts';
import type { ShownImage } from '../worker/protocol.ts';
import { FileButton, Icon } from './controls.tsx';

export function ImageBar({ shown }: { readonly shown: ShownImage }) {
  const from = phantom.value;
  const { start, image: words } = STRINGS;
  const title = from ? `${start.modalities[from.modality]} ${from.seed}` : shown.name;
  return (
    <div class="image-bar">
      <h2 title={shown.name}>{title}</h2>
      <p class="quiet">
        {words.size(shown.width, shown.height)}
        {shown.spacing && ` · ${words.spacing(shown.spacing.x, shown.spacing.y)}`}
        {shown.notes.length > 0 && (
          <span class="note" role="note" title={shown.notes.join('\n')}>
            {' · '}
            {shown.notes[0]}
          </span>
        )}
      </p>
      {from && (
        <button type="button" class="plain" onClick={() => void openPhantom(from.modality)}>
          <Icon name="dice" />
          <span class="roomy">{words.next}</span>
        </button>
      )}
      <FileButton class="plain" multiple onFiles={openFiles}>
        <Icon name="open" />
        <span class="roomy">{words.open}</span>
      </FileButton>
      <button
        type="button"
        class="plain"
        aria-label={words.close}
        onClick={() => {
          if (mayClose()) showImage(undefined);
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
