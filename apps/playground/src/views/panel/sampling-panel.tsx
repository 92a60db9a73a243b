// Samples, seed, and the device that computes them.
import { device, devicePreference, replaceEngine } from '../../state/engine.ts';
import { isEngineReplaced, notifyError } from '../../state/notices.ts';
import { busy } from '../../state/run.ts';
import { LIMITS, samples, seed } from '../../state/settings.ts';
import { STRINGS } from '../../strings.ts';
import type { DevicePreference } from '../../worker/protocol.ts';
import { Slider } from '../controls.tsx';

const CHOICES = ['auto', 'webgpu', 'wasm'] as const satisfies readonly DevicePreference[];

function DeviceChoice() {
  const words = STRINGS.device;
  return (
    <label class="field">
      {words.title}
      <select
        value={devicePreference.value}
        disabled={busy.value}
        onChange={({ currentTarget }) => {
          devicePreference.value = currentTarget.value as DevicePreference;
          // The user may choose again before the device is ready.
          void replaceEngine(devicePreference.value).catch((error) => isEngineReplaced(error) || notifyError(error));
        }}
      >
        {CHOICES.map((choice) => (
          <option key={choice} value={choice}>
            {words.choices[choice]}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The device in use, and why. */
function DeviceFound() {
  const words = STRINGS.device;
  const found = device.value;
  return (
    <p class="quiet" data-backend={found?.backend}>
      {found
        ? `${words.names[found.backend]}${words.details(found.adapter, found.threads)}: ${words.reasons[found.reason]}.`
        : words.starting}
    </p>
  );
}

export function SamplingPanel() {
  const words = STRINGS.sampling;
  const [minimum, maximum] = LIMITS.samples;
  return (
    <section class="card" aria-labelledby="sampling-title">
      <h2 id="sampling-title">{words.title}</h2>
      <Slider
        label={words.samples}
        hint={words.samplesHint}
        min={minimum}
        max={maximum}
        step={1}
        value={samples.value}
        shown={`${samples.value}`}
        onInput={(value) => {
          samples.value = value;
        }}
      />
      <div class="row fields">
        <label class="field" title={words.seedHint}>
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
        <DeviceChoice />
      </div>
      <DeviceFound />
    </section>
  );
}
