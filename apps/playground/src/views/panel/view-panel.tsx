// How the result is displayed.
import { truth } from '../../state/image.ts';
import { opacities, uncertainty, view } from '../../state/settings.ts';
import { STRINGS } from '../../strings.ts';
import { UNCERTAINTIES, VIEWS } from '../../worker/protocol.ts';
import { Segmented, Slider } from '../controls.tsx';

export function ViewPanel() {
  const words = STRINGS.view;
  const shown = view.value;
  return (
    <section class="card" aria-labelledby="view-title">
      <h2 id="view-title">{words.title}</h2>
      <Segmented
        label={words.title}
        values={truth.value ? VIEWS : VIEWS.filter((name) => name !== 'errors')}
        names={words.names}
        value={shown}
        onChange={(name) => {
          view.value = name;
        }}
      />
      {shown === 'uncertainty' && (
        <>
          <Segmented
            small
            label={words.kind}
            values={UNCERTAINTIES}
            names={words.uncertainties}
            value={uncertainty.value}
            onChange={(kind) => {
              uncertainty.value = kind;
            }}
          />
          <p class="quiet">{words.uncertaintyHints[uncertainty.value]}</p>
        </>
      )}
      <Slider
        label={words.opacity}
        min={0}
        max={1}
        step={0.05}
        value={opacities.value[shown]}
        shown={`${Math.round(100 * opacities.value[shown])} %`}
        onInput={(value) => {
          opacities.value = { ...opacities.value, [shown]: value };
        }}
      />
    </section>
  );
}
