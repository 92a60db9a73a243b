// The picture, once or beside itself for two prompts.
import { estimateSize, uncertaintyMap } from '../drawing/estimates.ts';
import { valueAt } from '../drawing/value-at.ts';
import { difference, layers, measures } from '../state/layers.ts';
import { percent } from '../state/numbers.ts';
import { comparing } from '../state/prompts.ts';
import { results } from '../state/results.ts';
import { gridShown, opacities, uncertainty, view } from '../state/settings.ts';
import { STRINGS } from '../strings.ts';
import type { Picture, Side } from '../worker/protocol.ts';
import { ColorBar } from './color-bar.tsx';
import { PictureBar } from './picture-bar.tsx';
import { PlaceGrid } from './place-grid.tsx';
import { Screen } from './screen.tsx';

const TITLES: Readonly<Record<Side, string>> = { a: STRINGS.prompt.first, b: STRINGS.prompt.second };

/** The probability, or in its view the uncertainty, as text. */
const reader = (side: Side) => (x: number, y: number) => {
  const estimate = results.value[side]?.estimate;
  if (!estimate) return undefined;
  const map = view.value === 'uncertainty' ? uncertaintyMap(estimate, uncertainty.value) : estimate.probability;
  return valueAt(map, estimateSize(estimate)[0], x, y).toFixed(2);
};

const readDifference = (x: number, y: number) => {
  const { a, b } = results.value;
  if (!a || !b) return undefined;
  const [from, to] = [a, b].map(({ estimate }) => valueAt(estimate.probability, estimateSize(estimate)[0], x, y));
  const change = (to as number) - (from as number);
  return `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(2)}`;
};

function describe({ name }: Picture, side: Side): string {
  const measured = measures.value[side];
  if (!measured) return STRINGS.picture.alone(name);
  return STRINGS.picture.withMask(name, percent(measured.share), measured.places.join(', '));
}

export function Stage({ shown }: { readonly shown: Picture }) {
  const sides: readonly Side[] = comparing.value ? ['a', 'b'] : ['a'];
  const both = comparing.value && difference.value;
  return (
    <section class="stage">
      <PictureBar shown={shown} />
      <div class={comparing.value ? 'screens several' : 'screens'}>
        {sides.map((side) => (
          <Screen
            key={side}
            title={comparing.value ? TITLES[side] : undefined}
            label={describe(shown, side)}
            picture={shown.bitmap}
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
            picture={shown.bitmap}
            layer={both}
            opacity={0.9}
            read={readDifference}
          />
        )}
      </div>
      {results.value.a && <ColorBar withDifference={Boolean(both)} />}
    </section>
  );
}
