// The prompt, the button that starts a run, and its progress.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { bytes, duration } from '../state/format.ts';
import { progress } from '../state/model.ts';
import { promptWarning } from '../state/prompt-warning.ts';
import { compare, comparing, edited, gridShown, prompts, setPrompt } from '../state/prompts.ts';
import { results, running, typicalTime } from '../state/results.ts';
import { busy, inputsChanged, run, stop } from '../state/run.ts';
import { STRINGS } from '../strings.ts';
import type { Side } from '../worker/protocol.ts';
import { Icon, keepFocus, PromptField } from './controls.tsx';
import { Notices } from './dialog.tsx';
import { Suggestions } from './suggestions.tsx';

const { prompt: words } = STRINGS;

function Input({ side, label, children }: { side: Side; label: string; children?: ComponentChildren }) {
  return (
    <div class="prompt">
      <PromptField
        label={label}
        isLabelHidden={!comparing.value}
        value={prompts.value[side]}
        placeholder={words.placeholder}
        onFocus={() => {
          edited.value = side;
        }}
        onInput={(value) => setPrompt(side, value)}
      />
      {children}
    </div>
  );
}

/** The state of the run as text. */
function statusOf(): string {
  if (progress.value) {
    const { model, loaded, total } = progress.value;
    return words.loading(
      model,
      total > 0 ? `${Math.floor((100 * loaded) / total)} %` : loaded > 0 ? bytes(loaded) : '',
    );
  }
  const side = running.value ?? (results.value.b && comparing.value ? 'b' : 'a');
  const result = results.value[side];
  if (busy.value && (!running.value || !result)) return words.preparing;
  if (!result) return prompts.value.a.trim() ? words.ready : words.write;
  const { samples } = result.estimate;
  const each = words.each(duration(typicalTime(result)));
  if (busy.value) return `${words.sample(samples, result.sampling.samples)} · ${each}`;
  const done = samples === result.sampling.samples;
  return `${done ? words.done(samples) : words.stopped(samples, result.sampling.samples)} · ${each}`;
}

function share(): number {
  const result = running.value && results.value[running.value];
  if (progress.value && progress.value.total > 0) return progress.value.loaded / progress.value.total;
  return result && busy.value ? result.estimate.samples / result.sampling.samples : 0;
}

/** For screen readers: once when a run begins and once when it ends, not at every sample. */
function announcement(): string {
  if (progress.value) return words.loading(progress.value.model, '');
  return busy.value ? words.segmenting : statusOf();
}

export function PromptBar() {
  const form = useRef<HTMLFormElement>(null);
  // The buttons for starting and stopping replace each other, and with the one that had it the focus would be gone.
  useLayoutEffect(() => keepFocus(form.current?.querySelector('button.primary')), [busy.value]);
  const start = (event: Event) => {
    event.preventDefault();
    gridShown.value = false;
    void run();
  };
  return (
    <form
      ref={form}
      class="prompt-bar card"
      onSubmit={start}
      onKeyDown={({ key }) => {
        if (key === 'Escape' && busy.value) void stop();
      }}
    >
      <Notices atPrompt />
      <Input side="a" label={comparing.value ? words.first : words.label}>
        {busy.value && (
          <button
            type="button"
            class={inputsChanged.value ? undefined : 'primary'}
            key="stop"
            onClick={() => void stop()}
          >
            <Icon name="stop" />
            {words.stop}
          </button>
        )}
        {(!busy.value || inputsChanged.value) && (
          <button type="submit" class="primary" key="run" disabled={!prompts.value.a.trim()}>
            {busy.value ? words.restart : words.run}
          </button>
        )}
      </Input>
      {comparing.value && <Input side="b" label={words.second} />}
      <div class="under">
        <div class="status">
          <progress class={busy.value ? '' : 'hidden'} max={1} value={share() || undefined} aria-label={words.run} />
          <p>{statusOf()}</p>
          <span class="unseen" role="status">
            {announcement()}
          </span>
        </div>
        <button type="button" onClick={() => compare(!comparing.value)}>
          <Icon name={comparing.value ? 'close' : 'add'} />
          {comparing.value ? words.single : words.compare}
        </button>
      </div>
      {promptWarning.value && (
        <p class="outdated" role="status">
          {promptWarning.value}
        </p>
      )}
      <Suggestions />
    </form>
  );
}
