// The model dialog: the model in use, and how to add others.
import { useSignal } from '@preact/signals';
import { bytes, whole } from '../state/format.ts';
import { facts, inUse, type KnownModel, opened, progress, shortHash } from '../state/model.ts';
import {
  found,
  models,
  openHub,
  openModel,
  openModelFiles,
  removeModel,
  searchHub,
  searching,
} from '../state/model-list.ts';
import { busy, stop } from '../state/run.ts';
import { STRINGS } from '../strings.ts';
import { MODEL_ENDINGS, TOKENIZER_ENDINGS } from '../worker/protocol.ts';
import { FileButton, Icon } from './controls.tsx';
import { Dialog } from './dialog.tsx';
import { modelsShown } from './header.tsx';

const { models: words } = STRINGS;

/** Memory for an image, its maps and the page itself. */
const OTHER_BYTES = 150e6;

/** Weights are in memory twice: as read from the file and in the backend. @param bytes of the weights */
const memoryOf = (bytes: number): number => 2 * bytes + OTHER_BYTES;

function Card({ model }: { readonly model: KnownModel }) {
  const known = facts.value;
  return (
    <div class="model-card">
      <p>{model.source.kind === 'built-in' ? words.card.mini : words.card.other}</p>
      {known && (
        <dl>
          {model.teaching && (
            <>
              <dt>{words.taughtFrom}</dt>
              <dd>
                {model.teaching.from.title} <code class="hash">{shortHash(model.teaching.from.sha256)}</code>
              </dd>
            </>
          )}
          <dt>{words.parameters}</dt>
          <dd>{whole(known.parameters)}</dd>
          <dt>{words.size}</dt>
          <dd>{model.bytes ? bytes(model.bytes) : '–'}</dd>
          <dt>{words.memory}</dt>
          <dd>{bytes(memoryOf(known.bytes))}</dd>
          <dt>{words.input}</dt>
          <dd>{STRINGS.image.size(known.imageSize, known.imageSize)}</dd>
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
      <button type="button" onClick={() => void stop()}>
        {STRINGS.cancel}
      </button>
    </div>
  );
}

function Row({ model }: { readonly model: KnownModel }) {
  const used = model.id === opened.value.id && facts.value !== undefined;
  const sha256 = used ? inUse.value?.sha256 : model.sha256;
  return (
    <li aria-current={used}>
      <div class="row">
        <strong class="ellipsis" title={model.title}>
          {model.title}
        </strong>
        {sha256 && (
          <code class="hash" title={words.hash(sha256)}>
            {shortHash(sha256)}
          </code>
        )}
        {model.source.kind === 'built-in' && <span class="quiet">{words.builtIn}</span>}
        {used ? (
          <span class="badge">{words.inUse}</span>
        ) : (
          <button type="button" disabled={busy.value} onClick={() => void openModel(model)}>
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
      {used && <Card model={model} />}
    </li>
  );
}

/** The models of the hub repository. Sizes are shown before anything large is downloaded. */
const Found = () =>
  found.value.length > 0 && (
    <ul class="found">
      {found.value.map((model) => (
        <li key={model.name}>
          <strong>{model.name}</strong>
          <p class="quiet">{words.warning(bytes(model.bytes), bytes(memoryOf(model.bytes)))}</p>
          <button type="button" disabled={busy.value || Boolean(progress.value)} onClick={() => void openHub(model)}>
            {words.download(bytes(model.bytes))}
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
        void searchHub(id.value);
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
      <button type="submit" disabled={searching.value || !id.value.trim()}>
        {words.hubSearch}
      </button>
    </form>
  );
}

export const ModelDialog = () => (
  <Dialog
    title={words.title}
    onClose={() => {
      modelsShown.value = false;
      found.value = [];
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
