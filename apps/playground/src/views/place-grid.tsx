// The nine places, to be clicked on the picture.
import { placesIn } from '@medclipseg/datasets';
import { togglePlace } from '../sentence/edit.ts';
import { PLACES } from '../sentence/words.ts';
import { edited, sentences, setSentence } from '../state/sentences.ts';
import { STRINGS } from '../strings.ts';

export function PlaceGrid() {
  const side = edited.value;
  const told = placesIn(sentences.value[side]);
  return (
    <fieldset class="place-grid">
      <legend class="unseen">{STRINGS.sentence.place}</legend>
      {PLACES.map((place) => (
        <button
          type="button"
          key={place}
          aria-pressed={told.includes(place)}
          onClick={() => setSentence(side, togglePlace(sentences.value[side], place))}
        >
          <span>{place}</span>
        </button>
      ))}
    </fieldset>
  );
}
