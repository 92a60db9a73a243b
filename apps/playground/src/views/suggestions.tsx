// Words to build a prompt from.
import { MODALITIES, WORDINGS } from '@medclipseg/datasets';
import { withWord, wordOf } from '../prompt/edit.ts';
import { APPEARANCES, COUNTS, FINDINGS, type Kind, SIZES } from '../prompt/words.ts';
import { drawn } from '../state/picture.ts';
import { edited, prompts, setPrompt } from '../state/prompts.ts';
import { gridShown } from '../state/settings.ts';
import { STRINGS } from '../strings.ts';
import { Icon } from './icon.tsx';

/** Colors fit for what the prompt looks for; for an unknown finding, of all kinds. */
function appearances(finding: string | undefined): readonly string[] {
  const fitting = drawn.value
    ? [drawn.value.modality]
    : MODALITIES.filter((modality) => !finding || WORDINGS[modality].finding === finding);
  return [...new Set(fitting.flatMap((modality) => APPEARANCES[modality]))].slice(0, 8);
}

function Chips({ kind, words }: { readonly kind: Kind; readonly words: readonly string[] }) {
  const side = edited.value;
  const prompt = prompts.value[side];
  const chosen = wordOf(prompt, kind);
  return (
    <fieldset class="chips">
      <legend>{STRINGS.prompt.kinds[kind]}</legend>
      {words.map((word) => (
        <button
          type="button"
          key={word}
          aria-pressed={word === chosen}
          onClick={() => setPrompt(side, withWord(prompt, kind, word === chosen ? undefined : word))}
        >
          {word}
        </button>
      ))}
    </fieldset>
  );
}

export function Suggestions() {
  const finding = wordOf(prompts.value[edited.value], 'finding');
  return (
    <section class="suggestions" aria-label={STRINGS.prompt.suggestions}>
      <Chips kind="count" words={COUNTS} />
      <Chips kind="size" words={SIZES} />
      <Chips kind="appearance" words={appearances(finding)} />
      <Chips kind="finding" words={drawn.value ? [WORDINGS[drawn.value.modality].finding] : FINDINGS} />
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
