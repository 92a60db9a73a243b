// Words to build a sentence from.
import { MODALITIES, WORDINGS } from '@medclipseg/datasets';
import { withWord, wordOf } from '../sentence/edit.ts';
import { APPEARANCES, COUNTS, FINDINGS, type Kind, SIZES } from '../sentence/words.ts';
import { drawn } from '../state/picture.ts';
import { edited, sentences, setSentence } from '../state/sentences.ts';
import { gridShown } from '../state/settings.ts';
import { STRINGS } from '../strings.ts';
import { Icon } from './icon.tsx';

/** Colours fit for what the sentence looks for; for an unknown finding, of all kinds. */
function appearances(finding: string | undefined): readonly string[] {
  const fitting = drawn.value
    ? [drawn.value.modality]
    : MODALITIES.filter((modality) => !finding || WORDINGS[modality].finding === finding);
  return [...new Set(fitting.flatMap((modality) => APPEARANCES[modality]))].slice(0, 8);
}

function Chips({ kind, words }: { readonly kind: Kind; readonly words: readonly string[] }) {
  const side = edited.value;
  const sentence = sentences.value[side];
  const chosen = wordOf(sentence, kind);
  return (
    <fieldset class="chips">
      <legend>{STRINGS.sentence.kinds[kind]}</legend>
      {words.map((word) => (
        <button
          type="button"
          key={word}
          aria-pressed={word === chosen}
          onClick={() => setSentence(side, withWord(sentence, kind, word === chosen ? undefined : word))}
        >
          {word}
        </button>
      ))}
    </fieldset>
  );
}

export function Suggestions() {
  const finding = wordOf(sentences.value[edited.value], 'finding');
  return (
    <section class="suggestions" aria-label={STRINGS.sentence.suggestions}>
      <Chips kind="count" words={COUNTS} />
      <Chips kind="size" words={SIZES} />
      <Chips kind="appearance" words={appearances(finding)} />
      <Chips kind="finding" words={drawn.value ? [WORDINGS[drawn.value.modality].finding] : FINDINGS} />
      <fieldset class="chips">
        <legend>{STRINGS.sentence.place}</legend>
        <button type="button" aria-pressed={gridShown.value} onClick={() => (gridShown.value = !gridShown.value)}>
          <Icon name="grid" />
          {STRINGS.sentence.gridHint}
        </button>
      </fieldset>
    </section>
  );
}
