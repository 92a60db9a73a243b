// The settings of the mask, and its measurements.
import { percent, significant, whole } from '../../state/format.ts';
import { layers, measurements } from '../../state/layers.ts';
import { activeSides } from '../../state/prompts.ts';
import { LIMITS, largestOnly, threshold } from '../../state/settings.ts';
import { STRINGS } from '../../strings.ts';
import type { Measurements } from '../../worker/protocol.ts';
import { Slider } from '../controls.tsx';

const { mask: words } = STRINGS;

const ROWS: readonly (readonly [string, (measurements: Measurements) => string | undefined])[] = [
  [words.area, ({ pixels }) => words.pixels(whole(pixels))],
  ['', ({ squareMillimeters: area }) => (area === undefined ? undefined : words.millimeters(significant(area)))],
  [words.share, ({ share }) => percent(share)],
  [words.uncertainty, ({ meanUncertainty }) => meanUncertainty.toFixed(3)],
];

export function MaskPanel() {
  const sides = activeSides().filter((side) => layers.value[side]);
  const shown = sides.flatMap((side) => measurements.value[side] ?? []);
  return (
    <section class="card" aria-labelledby="mask-title">
      <h2 id="mask-title">{words.title}</h2>
      <Slider
        label={words.threshold}
        min={LIMITS.threshold[0]}
        max={LIMITS.threshold[1]}
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
      {shown.some(({ pixels }) => pixels === 0) && <p class="quiet">{words.empty}</p>}
    </section>
  );
}
