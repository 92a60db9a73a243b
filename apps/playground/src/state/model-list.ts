// The list of models: adding, using and removing them.
import { signal } from '@preact/signals';
import { STRINGS } from '../strings.ts';
import { isModelFile, isTokenizerFile, type ListedModel } from '../worker/protocol.ts';
import { engine } from './engine.ts';
import { images } from './image.ts';
import { deleteModel, keepModel, keptModels, rememberChosen, rememberedChoice } from './kept-models.ts';
import { adopt, choose, chosen, facts, type KnownModel, MINI, progress } from './model.ts';
import { isAbort, notify, notifyError, resolve } from './notices.ts';

export const models = signal<readonly KnownModel[]>([MINI]);
/** Models of a hub repository, to choose from before anything large is downloaded. */
export const found = signal<readonly ListedModel[]>([]);
export const searching = signal(false);

/** Lists the models of earlier visits, and chooses the one that was in use last. Called once, before the first model opens. */
export async function addKeptModels(): Promise<void> {
  models.value = [MINI, ...(await keptModels().catch(() => []))];
  chosen.value = models.value.find(({ id }) => id === rememberedChoice()) ?? MINI;
}

const put = (model: KnownModel): void => {
  const others = models.value.filter(({ id }) => id !== model.id);
  // The built-in model stays first.
  models.value = model.id === MINI.id ? [model, ...others] : [...others, model];
};

/** Number of models that the user has asked for. */
let requests = 0;

/** Opens a model and uses it. */
export async function openModel(model: KnownModel): Promise<boolean> {
  if (model.id === chosen.value.id && !progress.value) return true;
  requests += 1;
  const request = requests;
  resolve('model');
  try {
    await choose(model);
    const found = { ...model, sha256: facts.value?.sha256 };
    put(found);
    rememberChosen(found);
    // Fails in private windows and on full disks; the model is then used but not kept.
    await keepModel(found).catch(() => undefined);
    notify({ kind: 'done', text: STRINGS.models.opened(model.title) });
    return true;
  } catch (error) {
    // Superseded by another model.
    if (isAbort(error) && request !== requests) return false;
    if (isAbort(error)) notify({ kind: 'done', text: STRINGS.models.canceled });
    else notifyError(error, 'model', model.title);
    return false;
  }
}

/** Opens the model among files that were chosen or dropped together, with its tokenizer if that is one of them. */
export async function openModelFiles(files: readonly File[]): Promise<boolean> {
  const file = files.find(({ name }) => isModelFile(name));
  if (!file) {
    notify({ kind: 'problem', topic: 'model', text: STRINGS.problems.noModelFile });
    return false;
  }
  const { name, size } = file;
  const tokenizer = files.find((other) => isTokenizerFile(other.name));
  try {
    const sha256 = await images().hash(file);
    const source = { kind: 'file', file, name, tokenizer } as const;
    return await openModel({ id: sha256, title: name, source, bytes: size, sha256 });
  } catch (error) {
    notifyError(error, 'model', name);
    return false;
  }
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
    notify({ kind: 'problem', topic: 'model', text: STRINGS.models.badId });
    return;
  }
  searching.value = true;
  resolve('model');
  try {
    found.value = await (await engine()).listHub(id.repo, id.path);
  } catch (error) {
    if (!isAbort(error)) notifyError(error, 'model', text);
  } finally {
    searching.value = false;
  }
}

export const openHub = ({ bytes, ...hub }: ListedModel): Promise<boolean> =>
  openModel({ id: hub.name, title: hub.name, source: { kind: 'hub', ...hub }, bytes });

/** Deletes a model. If it is in use, the built-in one replaces it. */
export async function removeModel(model: KnownModel): Promise<void> {
  models.value = models.value.filter(({ id }) => id !== model.id);
  await deleteModel(model).catch((error) => notifyError(error));
  if (chosen.value.id === model.id) await openModel(MINI);
}

/**
 * Lists and keeps the model that the engine has become by training or by undoing one.
 *
 * @param before the state that it replaces in the list, if that is a taught one
 * @returns whether the browser keeps it for the next visit
 */
export async function adoptTaught(
  model: KnownModel & { readonly sha256: string },
  before: KnownModel | undefined,
): Promise<boolean> {
  adopt(model);
  put(model);
  rememberChosen(model);
  try {
    await keepModel(model);
    if (before && before.id !== model.id) {
      models.value = models.value.filter(({ id }) => id !== before.id);
      await deleteModel(before);
    }
    return true;
  } catch {
    return false;
  }
}
