// The toolbar of the brush.
import { FileButton, Icon, type IconName, Segmented, Slider } from '../views/controls.tsx';
import type { Entry } from './entries.ts';
import { TEACH } from './strings.ts';
import {
  clearMask,
  diameter,
  erases,
  importMask,
  outlineShown,
  redoStroke,
  setDiameter,
  showAll,
  undoStroke,
  zoom,
} from './tools.ts';
import { idle, startFromModel } from './training.ts';

const { tools: words } = TEACH;

interface ButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

const Tool = ({ icon, label, disabled, onClick }: ButtonProps) => (
  <button type="button" class="plain" aria-label={label} title={label} disabled={disabled} onClick={onClick}>
    <Icon name={icon} />
  </button>
);

export function BrushBar({ entry }: { readonly entry: Entry }) {
  // Subscribes to the mask, because it decides what can be undone.
  void entry.revision.value;
  const hasOutline = Boolean(entry.now.value ?? entry.before.value);
  return (
    <section class="brush-bar card" aria-label={words.label}>
      <Segmented
        small
        label={words.label}
        values={['paint', 'erase']}
        names={words.modes}
        value={erases.value ? 'erase' : 'paint'}
        onChange={(mode) => {
          erases.value = mode === 'erase';
        }}
      />
      <Slider
        label={words.size}
        value={diameter.value}
        min={1}
        max={160}
        step={1}
        shown={words.pixels(diameter.value)}
        hint="[ ]"
        onInput={setDiameter}
      />
      <div class="tools">
        <Tool icon="undo" label={words.undo} disabled={!entry.editor.canUndo} onClick={() => undoStroke(entry)} />
        <Tool icon="redo" label={words.redo} disabled={!entry.editor.canRedo} onClick={() => redoStroke(entry)} />
        <Tool icon="zoomIn" label={words.zoomIn} onClick={() => zoom(1.5)} />
        <Tool icon="zoomOut" label={words.zoomOut} onClick={() => zoom(1 / 1.5)} />
        <Tool icon="fit" label={words.fit} onClick={showAll} />
        <Tool icon="trash" label={words.clear} onClick={() => clearMask(entry)} />
      </div>
      <div class="buttons">
        <button
          type="button"
          disabled={!idle.value || !entry.prompt.value.trim()}
          onClick={() => void startFromModel(entry)}
        >
          {words.fromModel}
        </button>
        <FileButton onFiles={([file]) => void importMask(entry, file)}>{words.importMask}</FileButton>
        <label class="check">
          <input
            type="checkbox"
            checked={outlineShown.value}
            disabled={!hasOutline}
            onChange={({ currentTarget }) => {
              outlineShown.value = currentTarget.checked;
            }}
          />
          {words.outline}
        </label>
      </div>
    </section>
  );
}
