// How many samples, and with which noise.
import { LIMITS, samples, seed } from '../../state/settings.ts';
import { STRINGS } from '../../strings.ts';
import { Slider } from '../slider.tsx';
import { MachineLine } from './machine-line.tsx';

export function SamplingPanel() {
  const words = STRINGS.sampling;
  const [least, most] = LIMITS.samples;
  return (
    <section class="card" aria-labelledby="sampling-title">
      <h2 id="sampling-title">{words.title}</h2>
      <Slider
        label={words.samples}
        hint={words.samplesHint}
        min={least}
        max={most}
        step={1}
        value={samples.value}
        shown={`${samples.value}`}
        onInput={(value) => {
          samples.value = value;
        }}
      />
      <label class="row" title={words.seedHint}>
        {words.seed}
        <input
          type="number"
          min={LIMITS.seed[0]}
          max={LIMITS.seed[1]}
          step={1}
          value={seed.value}
          onChange={({ currentTarget }) => {
            if (currentTarget.validity.valid && currentTarget.value) seed.value = currentTarget.valueAsNumber;
            else currentTarget.value = `${seed.value}`;
          }}
        />
      </label>
      <MachineLine />
    </section>
  );
}
