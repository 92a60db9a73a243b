// What picture it is, and how to get another.
import { drawn, openFile, showPicture } from '../state/picture.ts';
import { takePhantom } from '../state/samples.ts';
import { STRINGS } from '../strings.ts';
import type { Picture } from '../worker/protocol.ts';
import { FileButton } from './file-button.tsx';
import { Icon } from './icon.tsx';

export function PictureBar({ shown }: { readonly shown: Picture }) {
  const phantom = drawn.value;
  const { start, picture: words } = STRINGS;
  const title = phantom ? `${start.modalities[phantom.modality]} ${phantom.seed}` : shown.name;
  return (
    <div class="picture-bar">
      <h2 title={shown.name}>{title}</h2>
      <p class="quiet">
        {words.size(shown.width, shown.height)}
        {shown.spacing && ` · ${words.spacing(shown.spacing.x, shown.spacing.y)}`}
      </p>
      {phantom && (
        <button type="button" class="plain" onClick={() => void takePhantom(phantom.modality)}>
          <Icon name="dice" />
          <span class="wide">{words.another}</span>
          <span class="unseen narrow">{words.another}</span>
        </button>
      )}
      <FileButton class="plain" onFiles={([file]) => void openFile(file, file.name)}>
        <Icon name="open" />
        {words.open}
      </FileButton>
      <button type="button" class="plain" aria-label={words.close} onClick={() => showPicture(undefined)}>
        <Icon name="close" />
      </button>
    </div>
  );
}
