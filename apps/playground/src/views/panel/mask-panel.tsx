// The settings of the mask, and its measurements.
import { percent, significant, whole } from '../../state/format.ts';
import { layers, measurements } from '../../state/layers.ts';
import { activeSides } from '../../state/prompts.ts';
import { LIMITS, largestOnly, threshold } from '../../state/settings.ts';
import { STRINGS } from '../../strings.ts';
import type { Measurements } from '../../worker/protocol.ts';
import { Slider } from '../controls.tsx';

const { mask: words } = STRINGS;

const optional = (value: number | undefined, format: (value: number) => string): string | undefined =>
  value === undefined ? undefined : format(value);

interface Row {
  readonly name: string;
  readonly hint?: string;
  readonly read: (measurements: Measurements) => string | undefined;
}

const ROWS: readonly Row[] = [
  { name: words.area, read: ({ pixels }) => words.pixels(whole(pixels)) },
  {
    name: '',
    read: ({ squareMillimeters }) => optional(squareMillimeters, (area) => words.millimeters(significant(area))),
  },
  {
    name: words.changed,
    read: ({ edited }) => edited && words.changes(whole(edited.added), whole(edited.removed)),
  },
  { name: words.share, read: ({ share }) => percent(share) },
  { name: words.uncertainty, read: ({ meanUncertainty }) => words.nat(meanUncertainty) },
  {
    name: words.perForeground,
    hint: words.perForegroundHint,
    read: ({ uncertaintyPerForeground }) => optional(uncertaintyPerForeground, words.nat),
  },
  {
    name: words.expectedDice,
    hint: words.expectedDiceHint,
    read: ({ expectedDice }) => optional(expectedDice, (dice) => dice.toFixed(2)),
  },
];

/** What to look at, in words. */
const Advice = ({ measured, of }: { readonly measured: Measurements; readonly of?: string }) => (
  <p class="quiet">
    {of && `${of}: `}
    {measured.pixels === 0 ? words.empty : words.check(measured.leastCertain)}
    {measured.touchesBorder && ` ${words.border}`}
  </p>
);

export function MaskPanel() {
  const sides = activeSides().filter((side) => layers.value[side]);
  const shown = sides.flatMap((side) => {
    const measured = measurements.value[side];
    return measured ? [{ side, measured }] : [];
  });
  const isEdited = shown.some(({ measured }) => measured.edited);
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
        disabled={isEdited}
        onInput={(value) => {
          threshold.value = value;
        }}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={largestOnly.value}
          disabled={isEdited}
          onChange={({ currentTarget }) => {
            largestOnly.value = currentTarget.checked;
          }}
        />
        {words.largest}
      </label>
      {isEdited && <p class="outdated">{words.edited}</p>}
      {shown.length > 0 && (
        <table class="measures">
          {shown.length > 1 && (
            <thead>
              <tr>
                <td />
                {shown.map(({ side }) => (
                  <th key={side} scope="col">
                    {words.side[side]}
                  </th>
                ))}
              </tr>
            </thead>
          )}
          <tbody>
            {ROWS.map(({ name, hint, read }) => {
              const values = shown.map(({ measured }) => read(measured));
              return (
                values.some((value) => value !== undefined) && (
                  <tr key={name} title={hint}>
                    <th scope="row">{name || <span class="unseen">{words.area}</span>}</th>
                    {values.map((value, i) => (
                      <td key={i}>{value ?? '–'}</td>
                    ))}
                  </tr>
                )
              );
            })}
          </tbody>
        </table>
      )}
      {shown.map(({ side, measured }) => (
        <Advice key={side} measured={measured} of={shown.length > 1 ? words.side[side] : undefined} />
      ))}
    </section>
  );
}
