// What is seen before a picture is open.
import { MODALITIES, type Modality } from '@medclipseg/datasets';
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { openFile, opening } from '../state/picture.ts';
import { pictures } from '../state/pictures.ts';
import { takePhantom } from '../state/samples.ts';
import { STRINGS } from '../strings.ts';
import { Bitmap } from './bitmap.tsx';
import { FileButton } from './file-button.tsx';

const { start } = STRINGS;

/** Of the pictures on the buttons. */
const THUMBNAIL = { seed: 3, size: 144 } as const;

const thumbnails = signal<Readonly<Partial<Record<Modality, ImageBitmap>>>>({});

async function drawThumbnails(): Promise<void> {
  for (const modality of MODALITIES) {
    if (thumbnails.value[modality]) continue;
    const { id, bitmap } = await pictures().phantom(modality, THUMBNAIL.seed, THUMBNAIL.size);
    await pictures().close(id);
    thumbnails.value = { ...thumbnails.value, [modality]: bitmap };
  }
}

export function Start() {
  useEffect(() => void drawThumbnails(), []);
  return (
    <section class="start" aria-labelledby="start-title" aria-busy={opening.value}>
      <div class="drop-here">
        <h2 id="start-title">{start.title}</h2>
        <p>{start.hint}</p>
        <FileButton class="primary" onFiles={([file]) => void openFile(file, file.name)}>
          {start.choose}
        </FileButton>
        <p class="quiet">{start.formats}</p>
      </div>
      <h3 class="rule">
        <span>{start.or}</span>
      </h3>
      <ul class="samples">
        {MODALITIES.map((modality) => (
          <li key={modality}>
            <button type="button" disabled={opening.value} onClick={() => void takePhantom(modality)}>
              <Bitmap bitmap={thumbnails.value[modality]} />
              {start.modalities[modality]}
            </button>
          </li>
        ))}
      </ul>
      <p class="quiet">{start.drawnHint}</p>
    </section>
  );
}
