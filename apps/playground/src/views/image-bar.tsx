// The open image's name and size, and buttons to replace or close it.
import { openFile, openPhantom, phantom, showImage } from '../state/image.ts';
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
      </p>
      {from && (
        <button type="button" class="plain" onClick={() => void openPhantom(from.modality)}>
          <Icon name="dice" />
          <span class="wide">{words.next}</span>
          <span class="unseen narrow">{words.next}</span>
        </button>
      )}
      <FileButton class="plain" onFiles={([file]) => void openFile(file, file.name)}>
        <Icon name="open" />
        {words.open}
      </FileButton>
      <button type="button" class="plain" aria-label={words.close} onClick={() => showImage(undefined)}>
        <Icon name="close" />
      </button>
    </div>
  );
}
