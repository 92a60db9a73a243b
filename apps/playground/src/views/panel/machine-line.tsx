// What computes and why, and another choice.
import { compute, machine, replaceEngine } from '../../state/engine.ts';
import { explain } from '../../state/explain.ts';
import { say } from '../../state/notices.ts';
import { busy } from '../../state/run.ts';
import { STRINGS } from '../../strings.ts';
import type { Compute } from '../../worker/protocol.ts';

const CHOICES = ['auto', 'webgpu', 'wasm'] as const satisfies readonly Compute[];

export function MachineLine() {
  const words = STRINGS.machine;
  const found = machine.value;
  return (
    <>
      <label class="row">
        {words.title}
        <select
          value={compute.value}
          disabled={busy.value}
          onChange={({ currentTarget }) => {
            compute.value = currentTarget.value as Compute;
            void replaceEngine(compute.value).catch((error) => say(explain(error)));
          }}
        >
          {CHOICES.map((choice) => (
            <option key={choice} value={choice}>
              {words.choices[choice]}
            </option>
          ))}
        </select>
      </label>
      <p class="quiet" data-backend={found?.backend}>
        {found
          ? `${words.names[found.backend]}${found.device ? ` (${found.device})` : ''}: ${words.reasons[found.reason]}.`
          : words.starting}
      </p>
    </>
  );
}
