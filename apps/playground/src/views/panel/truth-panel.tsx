// The ground truth, and the scores of the result against it.

import { openPhantomTruth, openTruth, phantom, removeTruth, truth } from '../../state/image.ts';
import { scores } from '../../state/layers.ts';
import { activeSides } from '../../state/prompts.ts';
import { view } from '../../state/settings.ts';
import { STRINGS } from '../../strings.ts';
import { FileButton, Icon } from '../controls.tsx';

const { truth: words } = STRINGS;

const Offer = () => (
  <>
    <p class="quiet">{words.hint}</p>
    <div class="buttons">
      <FileButton onFiles={([file]) => void openTruth(file, file.name)}>{words.choose}</FileButton>
      {phantom.value && (
        <button type="button" onClick={() => void openPhantomTruth(words.phantomName)}>
          {words.phantom}
        </button>
      )}
    </div>
  </>
);

function Scores() {
  const sides = activeSides().filter((side) => scores.value[side]);
  const shown = sides.flatMap((side) => scores.value[side] ?? []);
  if (shown.length === 0) return <p class="quiet">{words.waiting}</p>;
  const rows = [
    ['dsc', words.dsc, words.dscHint],
    ['nsdPublished', words.nsd, words.nsdHint],
  ] as const;
  return (
    <table class="measures large">
      {sides.length > 1 && (
        <thead>
          <tr>
            <td />
            {sides.map((side) => (
              <th key={side} scope="col">
                {STRINGS.mask.side[side]}
              </th>
            ))}
          </tr>
        </thead>
      )}
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
              aria-label={words.remove}
              onClick={() => {
                if (view.value === 'errors') view.value = 'overlay';
                void removeTruth();
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
