// What can be done with the open image: going through its slices, dragging, correcting, zooming, and its window.
import { useSignal } from '@preact/signals';
import {
  diameter,
  discardEdits,
  editsShown,
  redoEdit,
  setDiameter,
  type Tool,
  tool,
  undoEdit,
} from '../state/correct.ts';
import { seek, setWindow, sliceRecords } from '../state/image.ts';
import { prompts } from '../state/prompts.ts';
import { results } from '../state/results.ts';
import { busy, runSlices, slicesDone, stop } from '../state/run.ts';
import { changeWindow, windowShown } from '../state/window.ts';
import { isEnlarged, showWhole, zoom } from '../state/zoom.ts';
import { STRINGS } from '../strings.ts';
import type { ShownImage, SliceFacts } from '../worker/protocol.ts';
import { Icon, type IconName, Segmented, Slider } from './controls.tsx';

const { slices: sliceWords, tools: words, window: windowWords, edit: editWords } = STRINGS;

function AllSlices({ count }: { readonly count: number }) {
  const progress = slicesDone.value;
  if (progress)
    return (
      <>
        <progress max={progress.total} value={progress.done} aria-label={sliceWords.all} />
        <span class="quiet">{sliceWords.done(progress.done, progress.total)}</span>
        <button type="button" onClick={() => void stop()}>
          {STRINGS.cancel}
        </button>
      </>
    );
  return (
    <>
      <button type="button" disabled={busy.value || !prompts.value.a.trim()} onClick={() => void runSlices()}>
        {sliceWords.all}
      </button>
      {sliceRecords().size > 0 && <span class="quiet">{sliceWords.segmented(sliceRecords().size, count)}</span>}
    </>
  );
}

/** Moves through the slices; the image follows the slider. */
export function SliceBar({ slice }: { readonly slice: SliceFacts }) {
  const { index, count, volume } = slice;
  return (
    <section class="slice-bar" aria-label={sliceWords.title}>
      <Slider
        label={sliceWords.label(volume?.plane, volume !== undefined)}
        value={index}
        min={0}
        max={count - 1}
        step={1}
        shown={sliceWords.place(index, count)}
        hint={sliceWords.hint}
        onInput={(value) => void seek(value)}
      />
      {volume && (
        <div class="row">
          <AllSlices count={count} />
        </div>
      )}
    </section>
  );
}

interface ButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

const IconButton = ({ icon, label, disabled, onClick }: ButtonProps) => (
  <button type="button" class="plain" aria-label={label} title={label} disabled={disabled} onClick={onClick}>
    <Icon name={icon} />
  </button>
);

interface NumberProps {
  readonly label: string;
  readonly value: number;
  readonly min?: number;
  readonly onChange: (value: number) => void;
}

/** A number that takes effect when the field is left; until then, what is typed stays whatever happens to the value. */
function NumberField({ label, value, min, onChange }: NumberProps) {
  const typed = useSignal<string | undefined>(undefined);
  return (
    <label>
      {label}
      <input
        type="number"
        step="any"
        min={min}
        value={typed.value ?? value}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
        }}
        onChange={({ currentTarget }) => {
          typed.value = undefined;
          if (Number.isFinite(currentTarget.valueAsNumber)) onChange(currentTarget.valueAsNumber);
        }}
      />
    </label>
  );
}

function WindowChoice({ shown }: { readonly shown: ShownImage }) {
  const setting = windowShown();
  if (!shown.window) return null;
  return (
    <div class="window-choice">
      <label>
        {windowWords.preset}
        <select
          value=""
          onChange={({ currentTarget }) => {
            const { value } = currentTarget;
            if (value === 'file') void setWindow(undefined);
            else if (shown.presets[value]) void setWindow(shown.presets[value]);
            currentTarget.value = '';
          }}
        >
          <option value="">{windowWords.sources[shown.window.source]}</option>
          <option value="file">{windowWords.file}</option>
          {Object.entries(shown.presets).map(([name, { center, width }]) => (
            <option key={name} value={name}>
              {windowWords.named(name, center, width)}
            </option>
          ))}
        </select>
      </label>
      {setting && (
        <>
          <NumberField
            label={windowWords.center}
            value={setting.center}
            onChange={(center) => changeWindow({ center })}
          />
          <NumberField
            label={windowWords.width}
            value={setting.width}
            min={0}
            onChange={(width) => width > 0 && changeWindow({ width })}
          />
        </>
      )}
    </div>
  );
}

function Corrections() {
  const found = editsShown();
  return (
    <div class="corrections">
      <Slider
        label={editWords.size}
        value={diameter()}
        min={1}
        max={256}
        step={1}
        shown={editWords.pixels(diameter())}
        hint="[ ]"
        onInput={setDiameter}
      />
      <IconButton icon="undo" label={editWords.undo} disabled={!found?.canUndo} onClick={() => void undoEdit()} />
      <IconButton icon="redo" label={editWords.redo} disabled={!found?.canRedo} onClick={() => void redoEdit()} />
      <button type="button" disabled={!found?.isEdited} onClick={() => void discardEdits()}>
        {editWords.discard}
      </button>
    </div>
  );
}

export function ImageTools({ shown }: { readonly shown: ShownImage }) {
  const tools: Tool[] = [
    'move',
    ...(windowShown() ? (['window'] as const) : []),
    ...(results.value.a ? (['paint', 'erase'] as const) : []),
  ];
  const used = tools.includes(tool.value) ? tool.value : 'move';
  return (
    <section class="image-tools" aria-label={words.title}>
      {tools.length > 1 && (
        <Segmented
          small
          label={words.drag}
          values={tools}
          names={words.names}
          value={used}
          onChange={(name) => {
            tool.value = name;
          }}
        />
      )}
      <div class="zoom">
        <IconButton icon="zoomIn" label={words.zoomIn} onClick={() => zoom(1.5)} />
        <IconButton icon="zoomOut" label={words.zoomOut} disabled={!isEnlarged.value} onClick={() => zoom(1 / 1.5)} />
        <IconButton icon="fit" label={words.fit} disabled={!isEnlarged.value} onClick={showWhole} />
      </div>
      {used === 'window' && <WindowChoice shown={shown} />}
      {(used === 'paint' || used === 'erase') && <Corrections />}
    </section>
  );
}
