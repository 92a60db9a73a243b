// The nine places, to be clicked on the picture.
import { placesIn } from '@medclipseg/datasets';
import { togglePlace } from '../prompt/edit.ts';
import { PLACES } from '../prompt/words.ts';
import { edited, prompts, setPrompt } from '../state/prompts.ts';
import { STRINGS } from '../strings.ts';

export function PlaceGrid() {
  const side = edited.value;
  const told = placesIn(prompts.value[side]);
  return (
    <fieldset class="place-grid">
      <legend class="unseen">{STRINGS.prompt.place}</legend>
      {PLACES.map((place) => (
        <button
          type="button"
          key={place}
          aria-pressed={told.includes(place)}
          onClick={() => setPrompt(side, togglePlace(prompts.value[side], place))}
        >
          <span>{place}</span>
        </button>
      ))}
    </fieldset>
  );
}
