// The true mask, and how near the result comes to it.
import { scores } from '../../state/layers.ts';
import { drawn, forgetTruth, openTruth, truth, useDrawnTruth } from '../../state/picture.ts';
import { comparing } from '../../state/prompts.ts';
import { view } from '../../state/settings.ts';
import { STRINGS } from '../../strings.ts';
import { FileButton } from '../file-button.tsx';
import { Icon } from '../icon.tsx';

const { truth: words } = STRINGS;

const Offer = () => (
  <>
    <p class="quiet">{words.hint}</p>
    <div class="buttons">
      <FileButton onFiles={([file]) => void openTruth(file, file.name)}>{words.choose}</FileButton>
      {drawn.value && (
        <button type="button" onClick={() => void useDrawnTruth(words.drawnName)}>
          {words.drawn}
        </button>
      )}
    </div>
  </>
);

function Scores() {
  const sides = comparing.value ? (['a', 'b'] as const) : (['a'] as const);
  const shown = sides.flatMap((side) => scores.value[side] ?? []);
  if (shown.length === 0) return <p class="quiet">{words.waiting}</p>;
  const rows = [
    ['dsc', words.dsc, words.dscHint],
    ['nsdPublished', words.nsd, words.nsdHint],
  ] as const;
  return (
    <table class="measures large">
      <tbody>
        {rows.map(([name, title, hint]) => (
          <tr key={name} title={hint}>
            <th scope="row">{title}</th>
            {shown.map((score, i) => (
              <td key={i}>{score[name].toFixed(3)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function TruthPanel() {
  return (
    <section class="card" aria-labelledby="truth-title">
      <h2 id="truth-title">{words.title}</h2>
      {truth.value === undefined ? (
        <Offer />
      ) : (
        <>
          <p class="file">
            <span>{truth.value}</span>
            <button
              type="button"
              class="plain"
              aria-label={words.forget}
              onClick={() => {
                if (view.value === 'errors') view.value = 'overlay';
                void forgetTruth();
              }}
            >
              <Icon name="close" />
            </button>
          </p>
          <Scores />
          {view.value !== 'errors' && (
            <button
              type="button"
              onClick={() => {
                view.value = 'errors';
              }}
            >
              {words.show}
            </button>
          )}
        </>
      )}
    </section>
  );
}
