// Train, pause, stop, take back, save.
import { Icon } from '../views/icon.tsx';
import { Slider } from '../views/slider.tsx';
import { LossChart } from './loss-chart.tsx';
import { TEACH } from './strings.ts';
import { taught } from './taught.ts';
import {
  canTrain,
  doing,
  faulty,
  idle,
  losses,
  pause,
  planned,
  remaining,
  resetTraining,
  resume,
  saveTaught,
  steps,
  stop,
  train,
  undoTraining,
} from './training.ts';

const { training: words } = TEACH;

function statusOf(): string {
  if (idle.value) return faulty.value.length > 0 ? TEACH.faulty(faulty.value.length) : '';
  const state = words.states[doing.value];
  const done = losses.value.length;
  if (doing.value !== 'training' || done === 0) return state;
  const left = remaining.value;
  return [words.step(done, planned.value), left !== undefined && words.left(Math.ceil(left))]
    .filter(Boolean)
    .join(' · ');
}

const Controls = () => {
  const paused = doing.value === 'paused';
  return (
    <div class="buttons">
      <button
        type="button"
        class="primary"
        disabled={doing.value !== 'training' && !paused}
        onClick={() => void (paused ? resume() : pause())}
      >
        {paused ? words.resume : words.pause}
      </button>
      <button type="button" disabled={doing.value !== 'training' && !paused} onClick={() => void stop()}>
        <Icon name="stop" />
        {words.stop}
      </button>
    </div>
  );
};

const Learned = () => (
  <>
    <p>{words.learned}</p>
    <p class="quiet">{words.warning}</p>
    <div class="buttons">
      <button type="button" disabled={!idle.value} title={words.saveHint} onClick={() => void saveTaught()}>
        <Icon name="download" />
        {words.save}
      </button>
      <button
        type="button"
        class="plain"
        disabled={!idle.value || taught.value.undos === 0}
        onClick={() => void undoTraining()}
      >
        {words.undo}
      </button>
      <button type="button" class="plain" disabled={!idle.value} onClick={() => void resetTraining()}>
        {words.reset}
      </button>
    </div>
  </>
);

export function TrainingPanel() {
  const busy = doing.value !== 'nothing' && doing.value !== 'saving';
  return (
    <section class="card training" aria-labelledby="training-title">
      <h2 id="training-title">{words.title}</h2>
      {busy ? (
        <Controls />
      ) : (
        <>
          <Slider
            label={words.steps}
            value={steps.value}
            min={10}
            max={160}
            step={5}
            shown={String(steps.value)}
            hint={words.stepsHint}
            onInput={(value) => {
              steps.value = value;
            }}
          />
          <div class="buttons">
            <button type="button" class="primary" disabled={!canTrain.value} onClick={() => void train()}>
              {taught.value.changed ? words.again : words.train}
            </button>
          </div>
        </>
      )}
      <div class="status">
        <progress
          class={busy ? '' : 'hidden'}
          max={1}
          value={planned.value > 0 ? losses.value.length / planned.value : undefined}
          aria-label={words.title}
        />
        <p role="status">{statusOf()}</p>
      </div>
      <LossChart />
      {taught.value.changed ? <Learned /> : <p class="quiet">{words.hint}</p>}
    </section>
  );
}
