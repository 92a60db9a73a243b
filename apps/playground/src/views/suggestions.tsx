// Buttons that build a prompt word by word.
import { MODALITIES, WORDINGS } from '@medclipseg/datasets';
import { APPEARANCES, COUNTS, LESIONS, type Property, SIZES, withWord, wordOf } from '../prompt/edit.ts';
import { phantom } from '../state/image.ts';
import { edited, gridShown, prompts, setPrompt } from '../state/prompts.ts';
import { STRINGS } from '../strings.ts';
import { Icon } from './controls.tsx';

/** Colors that fit the modality of the phantom or the lesion in the prompt; for an unknown lesion, those of all modalities. */
function appearances(lesion: string | undefined): readonly string[] {
  const fitting = phantom.value
    ? [phantom.value.modality]
    : MODALITIES.filter((modality) => !lesion || WORDINGS[modality].lesion === lesion);
  return [...new Set(fitting.flatMap((modality) => APPEARANCES[modality]))].slice(0, 8);
}

function Chips({ property, words }: { readonly property: Property; readonly words: readonly string[] }) {
  const side = edited.value;
  const prompt = prompts.value[side];
  const chosen = wordOf(prompt, property);
  return (
    <fieldset class="chips">
      <legend>{STRINGS.prompt.properties[property]}</legend>
      {words.map((word) => (
        <button
          type="button"
          key={word}
          aria-pressed={word === chosen}
          onClick={() => setPrompt(side, withWord(prompt, property, word === chosen ? undefined : word))}
        >
          {word}
        </button>
      ))}
    </fieldset>
  );
}

export function Suggestions() {
  const lesion = wordOf(prompts.value[edited.value], 'lesion');
  return (
    <section class="suggestions" aria-label={STRINGS.prompt.suggestions}>
      <Chips property="count" words={COUNTS} />
      <Chips property="size" words={SIZES} />
      <Chips property="appearance" words={appearances(lesion)} />
      <Chips property="lesion" words={phantom.value ? [WORDINGS[phantom.value.modality].lesion] : LESIONS} />
      <fieldset class="chips">
        <legend>{STRINGS.prompt.place}</legend>
        <button type="button" aria-pressed={gridShown.value} onClick={() => (gridShown.value = !gridShown.value)}>
          <Icon name="grid" />
          {STRINGS.prompt.gridHint}
        </button>
      </fieldset>
    </section>
  );
}
