// Controls and progress of a training.
import { chosen } from '../state/model.ts';
import { Icon, Slider } from '../views/controls.tsx';
import { curvePoints, roundAbove, runningMean } from './progress.ts';
import { TEACH } from './strings.ts';
import {
  activity,
  canTrain,
  idle,
  incomplete,
  isTaught,
  losses,
  openOriginal,
  original,
  pause,
  planned,
  remaining,
  resume,
  saveTaught,
  steps,
  stop,
  train,
  undos,
  undoTraining,
} from './training.ts';

const { training: words } = TEACH;

function statusOf(): string {
  if (idle.value) return incomplete.value.length > 0 ? TEACH.notReady(incomplete.value.length) : '';
  const state = words.states[activity.value];
  const done = losses.value.length;
  if (activity.value !== 'training' || done === 0) return state;
  const left = remaining.value;
  return [words.step(done, planned.value), left !== undefined && words.left(Math.ceil(left))]
    .filter(Boolean)
    .join(' · ');
}

const CHART = { width: 300, height: 96 } as const;

/** Each step as a faint line, and the running mean as a clear one. */
function LossChart() {
  const values = losses.value;
  if (values.length === 0) return null;
  const [all, top, mean] = [planned.value, roundAbove(values), runningMean(values)];
  const label = words.chartLabel(values.length, all, (mean.at(-1) as number).toFixed(3));
  return (
    <figure class="loss">
      <figcaption class="row">
        <span>{words.chart}</span>
        <output>{(mean.at(-1) as number).toFixed(3)}</output>
      </figcaption>
      <svg viewBox={`0 0 ${CHART.width} ${CHART.height}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <polyline class="each" points={curvePoints(values, all, top, CHART)} />
        <polyline class="mean" points={curvePoints(mean, all, top, CHART)} />
      </svg>
      <div class="row quiet">
        <span>1</span>
        <span>{all}</span>
      </div>
    </figure>
  );
}

const Controls = () => {
  const paused = activity.value === 'paused';
  return (
    <div class="buttons">
      <button
        type="button"
        class="primary"
        disabled={activity.value !== 'training' && !paused}
        onClick={() => void (paused ? resume() : pause())}
      >
        {paused ? words.resume : words.pause}
      </button>
      <button type="button" disabled={activity.value !== 'training' && !paused} onClick={() => void stop()}>
        <Icon name="stop" />
        {words.stop}
      </button>
    </div>
  );
};

const Trained = () => (
  <>
    <p>{words.trained(chosen.value.title)}</p>
    <p class="quiet">{words.warning}</p>
    <div class="buttons">
      <button type="button" title={words.saveHint} onClick={saveTaught}>
        <Icon name="download" />
        {words.save}
      </button>
      <button
        type="button"
        class="plain"
        disabled={!idle.value || undos.value === 0}
        onClick={() => void undoTraining()}
      >
        {words.undo}
      </button>
      {original.value && (
        <button type="button" class="plain" disabled={!idle.value} onClick={() => void openOriginal()}>
          {words.reset(original.value.title)}
        </button>
      )}
    </div>
  </>
);

export function TrainingPanel() {
  const busy = activity.value !== 'idle';
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
              {isTaught.value ? words.again : words.train}
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
      {isTaught.value ? <Trained /> : <p class="quiet">{words.hint}</p>}
    </section>
  );
}
