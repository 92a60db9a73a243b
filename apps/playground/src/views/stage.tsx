// The image with its result; with two prompts, one image for each and their difference.
import { PLACES, placesIn } from '@medclipseg/datasets';
import { estimateSize, uncertaintyMap, valueAt } from '../drawing/maps.ts';
import { togglePlace } from '../prompt/edit.ts';
import { percent } from '../state/format.ts';
import { difference, layers, measurements } from '../state/layers.ts';
import { titleOf } from '../state/model.ts';
import { activeSides, comparing, edited, gridShown, prompts, setPrompt } from '../state/prompts.ts';
import { changesSince, results, shownResults } from '../state/results.ts';
import { busy } from '../state/run.ts';
import { opacities, uncertainty, view } from '../state/settings.ts';
import { STRINGS } from '../strings.ts';
import type { ShownImage, Side } from '../worker/protocol.ts';
import { ColorBar } from './color-bar.tsx';
import { ImageBar } from './image-bar.tsx';
import { ImageTools, SliceBar } from './image-tools.tsx';
import { Screen } from './screen.tsx';

const TITLES: Readonly<Record<Side, string>> = { a: STRINGS.prompt.first, b: STRINGS.prompt.second };

/** The uncertainty in its view, otherwise the probability, as text. Samples differ little, so that their disagreement has more digits. */
const reader = (side: Side) => (x: number, y: number) => {
  const estimate = results.value[side]?.estimate;
  if (!estimate) return undefined;
  const map = view.value === 'uncertainty' ? uncertaintyMap(estimate, uncertainty.value) : estimate.probability;
  const digits = view.value === 'uncertainty' && uncertainty.value === 'mutual' ? 5 : 2;
  return valueAt(map, estimateSize(estimate)[0], x, y).toFixed(digits);
};

const readDifference = (x: number, y: number) => {
  const { a, b } = results.value;
  if (!a || !b) return undefined;
  const [from, to] = [a, b].map(({ estimate }) => valueAt(estimate.probability, estimateSize(estimate)[0], x, y));
  const change = (to as number) - (from as number);
  return `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(2)}`;
};

function describe({ name, slice }: ShownImage, side: Side): string {
  const measured = measurements.value[side];
  const subject = slice ? STRINGS.image.slice(name, slice.index, slice.count) : name;
  if (!measured) return STRINGS.image.label(subject);
  return STRINGS.image.labelWithMask(subject, percent(measured.share), measured.places.join(', '));
}

/** The nine locations as buttons over the image. */
function PlaceGrid() {
  const side = edited.value;
  const present = placesIn(prompts.value[side]);
  return (
    <fieldset class="place-grid">
      <legend class="unseen">{STRINGS.prompt.place}</legend>
      {PLACES.map((place) => (
        <button
          type="button"
          key={place}
          aria-pressed={present.includes(place)}
          onClick={() => setPrompt(side, togglePlace(prompts.value[side], place))}
        >
          <span>{place}</span>
        </button>
      ))}
    </fieldset>
  );
}

/** Says which results no longer belong to what the form says. */
const Outdated = ({ shown }: { readonly shown: ShownImage }) => (
  <div role="status">
    {shownResults().map(([side, result]) => {
      const changes = busy.value ? [] : changesSince(result, side, shown.window);
      if (changes.length === 0) return null;
      const words = STRINGS.prompt;
      const { prompt, sampling, model } = result;
      return (
        <p key={side} class="outdated">
          {comparing.value && `${TITLES[side]}: `}
          {words.outdated(
            changes.map((name) => words.changes[name]),
            prompt,
            sampling.samples,
            sampling.seed,
            titleOf(model),
          )}
        </p>
      );
    })}
  </div>
);

export function Stage({ shown }: { readonly shown: ShownImage }) {
  const sides = activeSides();
  const both = comparing.value && difference.value;
  return (
    <section class="stage">
      <ImageBar shown={shown} />
      <div class={comparing.value ? 'screens several' : 'screens'}>
        {sides.map((side) => (
          <Screen
            key={side}
            title={comparing.value ? TITLES[side] : undefined}
            label={describe(shown, side)}
            shown={shown}
            corrects={results.value[side] && side}
            layer={layers.value[side]?.bitmap}
            view={layers.value[side]?.view}
            opacity={opacities.value[layers.value[side]?.view ?? view.value]}
            read={results.value[side] && reader(side)}
          >
            {gridShown.value && <PlaceGrid />}
          </Screen>
        ))}
        {both && (
          <Screen
            title={STRINGS.view.difference}
            label={STRINGS.view.differenceHint}
            shown={shown}
            layer={both}
            opacity={0.9}
            read={readDifference}
          />
        )}
      </div>
      <div class="below">
        <ImageTools shown={shown} />
        {results.value.a && <ColorBar withDifference={Boolean(both)} />}
      </div>
      {shown.slice && <SliceBar slice={shown.slice} />}
      <Outdated shown={shown} />
    </section>
  );
}
