// The first screen, before an image is open.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { images, openFiles, opening, openPhantom, SAMPLES, type Sample } from '../state/image.ts';
import { compare, prompts, setPrompt } from '../state/prompts.ts';
import { run } from '../state/run.ts';
import { STRINGS } from '../strings.ts';
import { Bitmap, FileButton, keepFocus } from './controls.tsx';

const { start } = STRINGS;

/** Width and height of the images on the buttons. */
const THUMBNAIL = 144;

const keyOf = ({ modality, seed }: Sample): string => `${modality} ${seed}`;

const thumbnails = signal<Readonly<Record<string, ImageBitmap>>>({});

async function drawThumbnails(): Promise<void> {
  for (const sample of SAMPLES) {
    const key = keyOf(sample);
    if (thumbnails.value[key]) continue;
    const { id, bitmap } = await images().phantom(sample.modality, sample.seed, THUMBNAIL);
    await images().close(id);
    thumbnails.value = { ...thumbnails.value, [key]: bitmap };
  }
}

/** Opens a sample and segments it at once. */
async function trySample({ modality, seed, prompts: both }: Sample): Promise<void> {
  // The prompt of the sample, whatever was written for an earlier image.
  setPrompt('a', '');
  await openPhantom(modality, seed);
  compare(both !== undefined);
  if (both) prompts.value = both;
  await run();
}

export function Start() {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    void drawThumbnails();
    keepFocus(title.current);
  }, []);
  return (
    <section class="start" aria-labelledby="start-title" aria-busy={opening.value}>
      <p class="intro">{start.intro}</p>
      <ul class="shown">
        {(['image', 'mask', 'uncertainty'] as const).map((what) => (
          <li key={what}>
            <img src={`./example-${what}.webp`} alt="" width={176} height={176} />
            <p>{start.example[what]}</p>
          </li>
        ))}
      </ul>
      <div class="drop-here">
        <h2 id="start-title" ref={title} tabIndex={-1}>
          {start.title}
        </h2>
        <p>{start.hint}</p>
        <FileButton class="primary" multiple onFiles={openFiles}>
          {start.choose}
        </FileButton>
        <p class="quiet">{start.formats}</p>
      </div>
      <h3 class="rule">
        <span>{start.or}</span>
      </h3>
      <ul class="samples">
        {SAMPLES.map((sample) => (
          <li key={keyOf(sample)}>
            <button type="button" disabled={opening.value} onClick={() => void trySample(sample)}>
              <Bitmap bitmap={thumbnails.value[keyOf(sample)]} />
              {sample.prompts ? start.twoPrompts : start.modalities[sample.modality]}
            </button>
          </li>
        ))}
      </ul>
      <p class="quiet">{start.syntheticHint}</p>
    </section>
  );
}
