// What makes the mask, and what it measures.
import { layers, measures } from '../../state/layers.ts';
import { measured, percent, whole } from '../../state/numbers.ts';
import { comparing } from '../../state/prompts.ts';
import { largestOnly, threshold } from '../../state/settings.ts';
import { STRINGS } from '../../strings.ts';
import type { Measures } from '../../worker/protocol.ts';
import { Slider } from '../slider.tsx';

const { mask: words } = STRINGS;

const ROWS: readonly (readonly [string, (measures: Measures) => string | undefined])[] = [
  [words.area, ({ pixels }) => words.pixels(whole(pixels))],
  ['', ({ squareMillimeters: area }) => (area === undefined ? undefined : words.millimeters(measured(area)))],
  [words.share, ({ share }) => percent(share)],
  [words.uncertainty, ({ meanUncertainty }) => meanUncertainty.toFixed(3)],
];

export function MaskPanel() {
  const sides = (comparing.value ? (['a', 'b'] as const) : (['a'] as const)).filter((side) => layers.value[side]);
  const shown = sides.flatMap((side) => measures.value[side] ?? []);
  return (
    <section class="card" aria-labelledby="mask-title">
      <h2 id="mask-title">{words.title}</h2>
      <Slider
        label={words.threshold}
        min={0.05}
        max={0.95}
        step={0.01}
        value={threshold.value}
        shown={threshold.value.toFixed(2)}
        onInput={(value) => {
          threshold.value = value;
        }}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={largestOnly.value}
          onChange={({ currentTarget }) => {
            largestOnly.value = currentTarget.checked;
          }}
        />
        {words.largest}
      </label>
      {shown.length > 0 && (
        <table class="measures">
          <tbody>
            {ROWS.map(([name, read]) => {
              const values = shown.map(read);
              return (
                values[0] !== undefined && (
                  <tr key={name}>
                    <th scope="row">{name || <span class="unseen">{words.area}</span>}</th>
                    {values.map((value, i) => (
                      <td key={i}>{value}</td>
                    ))}
                  </tr>
                )
              );
            })}
          </tbody>
        </table>
      )}
      {shown.some(({ pixels }) => pixels === 0) && <p class="quiet">{words.nothing}</p>}
    </section>
  );
}
