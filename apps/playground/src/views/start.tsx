// The first screen, before an image is open.
import { MODALITIES, type Modality } from '@medclipseg/datasets';
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { images, openFile, opening, openPhantom } from '../state/image.ts';
import { STRINGS } from '../strings.ts';
import { Bitmap, FileButton } from './controls.tsx';

const { start } = STRINGS;

/** The phantoms on the buttons. */
const THUMBNAIL = { seed: 3, size: 144 } as const;

const thumbnails = signal<Readonly<Partial<Record<Modality, ImageBitmap>>>>({});

async function drawThumbnails(): Promise<void> {
  for (const modality of MODALITIES) {
    if (thumbnails.value[modality]) continue;
    const { id, bitmap } = await images().phantom(modality, THUMBNAIL.seed, THUMBNAIL.size);
    await images().close(id);
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
            <button type="button" disabled={opening.value} onClick={() => void openPhantom(modality)}>
              <Bitmap bitmap={thumbnails.value[modality]} />
              {start.modalities[modality]}
            </button>
          </li>
        ))}
      </ul>
      <p class="quiet">{start.syntheticHint}</p>
    </section>
  );
}
