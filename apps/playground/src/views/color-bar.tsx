// The legend for the colors of the view.
import { ERRORS, type Scale, scaleStops } from '../drawing/colors.ts';
import { layers } from '../state/layers.ts';
import { results } from '../state/results.ts';
import { uncertainty, view } from '../state/settings.ts';
import { STRINGS } from '../strings.ts';

interface BarProps {
  readonly scale: Scale;
  readonly ends: readonly [string, string];
  readonly label: string;
}

const Bar = ({ scale, ends, label }: BarProps) => (
  <div class="color-bar" role="img" aria-label={`${label}: ${ends.join(' … ')}`}>
    <span>{ends[0]}</span>
    <span class="gradient" style={{ backgroundImage: `linear-gradient(to right, ${scaleStops(scale)})` }} />
    <span>{ends[1]}</span>
  </div>
);

const Legend = () => (
  <ul class="legend">
    {(['right', 'missed', 'excess'] as const).map((kind) => (
      <li key={kind}>
        <span class="swatch" style={{ backgroundColor: `rgb(${ERRORS[kind].join(' ')})` }} />
        {STRINGS.view.errors[kind]}
      </li>
    ))}
  </ul>
);

export function ColorBar({ withDifference }: { readonly withDifference: boolean }) {
  const { bars, names, difference } = STRINGS.view;
  const shown = view.value;
  const range = layers.value.a?.range;
  return (
    <div class="color-bars">
      {shown === 'probability' && <Bar scale="heat" ends={bars.probability} label={names.probability} />}
      {shown === 'uncertainty' && range && (
        <Bar
          scale="heat"
          ends={bars[uncertainty.value === 'mutual' ? 'mutual' : 'uncertainty'](...range)}
          label={names.uncertainty}
        />
      )}
      {shown === 'uncertainty' && uncertainty.value !== 'predictive' && results.value.a?.estimate.samples === 1 && (
        <p class="quiet">{STRINGS.view.oneSample}</p>
      )}
      {shown === 'errors' && <Legend />}
      {withDifference && <Bar scale="balance" ends={bars.difference} label={difference} />}
    </div>
  );
}
