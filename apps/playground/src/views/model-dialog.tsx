// Models: which is in use, what it is, and how to get others.
import { useSignal } from '@preact/signals';
import { MODEL_ENDINGS, TOKENIZER_ENDINGS } from '../files/kinds.ts';
import { chosen, facts, type KnownModel, models, progress } from '../state/model.ts';
import { memoryOf } from '../state/model-memory.ts';
import {
  cancelOpening,
  found,
  looking,
  lookUp,
  openHub,
  openModelFiles,
  removeModel,
  takeModel,
} from '../state/models.ts';
import { bytes, whole } from '../state/numbers.ts';
import { busy } from '../state/run.ts';
import { STRINGS } from '../strings.ts';
import { Dialog } from './dialog.tsx';
import { FileButton } from './file-button.tsx';
import { modelsShown } from './header.tsx';
import { Icon } from './icon.tsx';

const { models: words } = STRINGS;

function Card({ model }: { readonly model: KnownModel }) {
  const known = facts.value;
  return (
    <div class="model-card">
      <p>{model.source.kind === 'built-in' ? words.card.mini : words.card.other}</p>
      {known && (
        <dl>
          <dt>{words.parameters}</dt>
          <dd>{whole(known.parameters)}</dd>
          <dt>{words.size}</dt>
          <dd>{model.bytes ? bytes(model.bytes) : '–'}</dd>
          <dt>{words.memory}</dt>
          <dd>{bytes(memoryOf(known.bytes))}</dd>
          <dt>{words.input}</dt>
          <dd>{STRINGS.picture.size(known.imageSize, known.imageSize)}</dd>
          <dt>{words.vocabulary}</dt>
          <dd>{whole(known.vocabulary)}</dd>
        </dl>
      )}
    </div>
  );
}

function Opening() {
  const at = progress.value;
  if (!at) return null;
  return (
    <div class="opening">
      <progress max={1} value={at.total > 0 ? at.loaded / at.total : undefined} aria-label={at.model} />
      <p role="status">
        {at.model} · {at.total > 0 ? words.of(bytes(at.loaded), bytes(at.total)) : bytes(at.loaded)}
      </p>
      <button type="button" onClick={() => void cancelOpening()}>
        {STRINGS.cancel}
      </button>
    </div>
  );
}

function Row({ model }: { readonly model: KnownModel }) {
  const inUse = model.id === chosen.value.id && !progress.value;
  return (
    <li aria-current={inUse}>
      <div class="row">
        <strong class="ellipsis">{model.title}</strong>
        {model.source.kind === 'built-in' && <span class="quiet">{words.builtIn}</span>}
        {inUse ? (
          <span class="badge">{words.inUse}</span>
        ) : (
          <button type="button" disabled={busy.value} onClick={() => void takeModel(model)}>
            {words.use}
          </button>
        )}
        {model.source.kind !== 'built-in' && (
          <button
            type="button"
            class="plain"
            aria-label={words.removeLabel(model.title)}
            onClick={() => void removeModel(model)}
          >
            <Icon name="trash" />
          </button>
        )}
      </div>
      {inUse && <Card model={model} />}
    </li>
  );
}

/** What the hub has under the id that was looked up. Nothing large is fetched before the person has seen how large. */
const Found = () =>
  found.value && (
    <ul class="found">
      {found.value.files.map((file) => (
        <li key={file.path}>
          <p>
            <strong>{file.path}</strong>
          </p>
          <p class="quiet">{words.warning(bytes(file.size), bytes(memoryOf(file.size)))}</p>
          <button
            type="button"
            disabled={busy.value || Boolean(progress.value)}
            onClick={() => found.value && void openHub(found.value.repo, file)}
          >
            {words.download(bytes(file.size))}
          </button>
        </li>
      ))}
    </ul>
  );

function Hub() {
  const id = useSignal('');
  return (
    <form
      class="hub"
      onSubmit={(event) => {
        event.preventDefault();
        void lookUp(id.value);
      }}
    >
      <label>
        {words.hubLabel}
        <input
          type="text"
          placeholder={words.hubPlaceholder}
          value={id.value}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => {
            id.value = currentTarget.value;
          }}
        />
      </label>
      <button type="submit" disabled={looking.value || !id.value.trim()}>
        {words.hubFetch}
      </button>
    </form>
  );
}

export const ModelDialog = () => (
  <Dialog
    title={words.title}
    onClose={() => {
      modelsShown.value = false;
      found.value = undefined;
    }}
  >
    <Opening />
    <ul class="models">
      {models.value.map((model) => (
        <Row key={model.id} model={model} />
      ))}
    </ul>
    <h3>{words.add}</h3>
    <div class="row">
      <FileButton
        multiple
        accept={[...MODEL_ENDINGS, ...TOKENIZER_ENDINGS].join()}
        onFiles={(files) => void openModelFiles(files)}
      >
        {words.file}
      </FileButton>
      <span class="quiet">{words.fileHint}</span>
    </div>
    <Hub />
    <Found />
  </Dialog>
);
