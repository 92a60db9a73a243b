// The list of models: adding, using and removing them.
import { signal } from '@preact/signals';
import { STRINGS } from '../strings.ts';
import { isModelFile, isTokenizerFile, type ListedModel } from '../worker/protocol.ts';
import { engine } from './engine.ts';
import { deleteModel, keepModel, keptModels } from './kept-models.ts';
import { choose, chosen, type KnownModel, MINI, progress } from './model.ts';
import { isAbort, notify, notifyError } from './notices.ts';
import { clearResults } from './results.ts';

export const models = signal<readonly KnownModel[]>([MINI]);
/** Models of a hub repository, to choose from before anything large is downloaded. */
export const found = signal<readonly ListedModel[]>([]);
export const searching = signal(false);

export async function addKeptModels(): Promise<void> {
  const kept = await keptModels().catch(() => []);
  models.value = [...models.value, ...kept.filter(({ id }) => !models.value.some((known) => known.id === id))];
}

/** Opens a model and uses it. */
export async function openModel(model: KnownModel): Promise<boolean> {
  if (model.id === chosen.value.id && model.source.kind !== 'file') return true;
  try {
    await choose(model);
    clearResults();
    models.value = [...models.value.filter(({ id }) => id !== model.id), model];
    // Fails in private windows and on full disks; the model is then used but not kept.
    await keepModel(model).catch(() => undefined);
    notify({ kind: 'done', text: STRINGS.models.opened(model.title) });
    return true;
  } catch (error) {
    // Superseded by another model.
    if (isAbort(error) && progress.value) return false;
    if (isAbort(error)) notify({ kind: 'done', text: STRINGS.models.canceled });
    else notifyError(error);
    return false;
  }
}

/** Opens the model among files that were chosen or dropped together, with its tokenizer if that is one of them. */
export async function openModelFiles(files: readonly File[]): Promise<boolean> {
  const file = files.find(({ name }) => isModelFile(name));
  if (!file) {
    notify({ kind: 'problem', text: STRINGS.problems.noModelFile });
    return false;
  }
  const { name, size } = file;
  const tokenizer = files.find((other) => isTokenizerFile(other.name));
  return openModel({ id: name, title: name, source: { kind: 'file', file, name, tokenizer }, bytes: size });
}

/** Parses `owner/name`, `owner/name/dataset` or `owner/name/path`, also as the address of its page. */
export function parseHubId(text: string): { readonly repo: string; readonly path?: string } | undefined {
  const id = text
    .trim()
    .replace(/^https:\/\/huggingface\.co\//, '')
    .replace(/\/(?:blob|resolve|tree)\/[^/]+/, '');
  const [, repo, path] = /^([\w.-]+\/[\w.-]+)(?:\/(.+))?$/.exec(id) ?? [];
  return repo ? { repo, path: path || undefined } : undefined;
}

/** Lists the models of a hub repository. */
export async function searchHub(text: string): Promise<void> {
  const id = parseHubId(text);
  found.value = [];
  if (!id) {
    notify({ kind: 'problem', text: STRINGS.models.badId });
    return;
  }
  searching.value = true;
  try {
    found.value = await (await engine()).listHub(id.repo, id.path);
  } catch (error) {
    if (!isAbort(error)) notifyError(error);
  } finally {
    searching.value = false;
  }
}

export const openHub = ({ bytes, ...hub }: ListedModel): Promise<boolean> =>
  openModel({ id: hub.name, title: hub.name, source: { kind: 'hub', ...hub }, bytes });

export async function cancelOpening(): Promise<void> {
  await (await engine()).stop();
}

/** Deletes a model. If it is in use, the built-in one replaces it. */
export async function removeModel(model: KnownModel): Promise<void> {
  models.value = models.value.filter(({ id }) => id !== model.id);
  await deleteModel(model).catch((error) => notifyError(error));
  if (chosen.value.id === model.id) await openModel(MINI);
}
