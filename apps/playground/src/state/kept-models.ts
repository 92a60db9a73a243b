// Models kept in this browser: files from disk in a cache of their own, hub files in the hub cache, and a list of both.
import { forgetHubBlob } from '@medclipseg/weights/hub';
import type { KnownModel } from './model.ts';

const CACHE = 'medclipseg-playground-models';
const LIST = 'medclipseg-models';

type Listed =
  | { readonly kind: 'file'; readonly name: string; readonly bytes: number; readonly tokenizer?: boolean }
  | {
      readonly kind: 'hub';
      readonly repo: string;
      readonly path: string;
      readonly name: string;
      readonly bytes?: number;
    };

const addressOf = (name: string): string => `https://kept.invalid/${encodeURIComponent(name)}`;
/** Question marks in names are encoded, so this is never the address of a model. */
const tokenizerOf = (name: string): string => `${addressOf(name)}?tokenizer`;

function list(): readonly Listed[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(LIST) ?? '[]');
    return Array.isArray(stored) ? stored.filter((one) => typeof one?.name === 'string') : [];
  } catch {
    return [];
  }
}

const idOf = (one: Listed): string => one.name;

const listedAs = ({ source, bytes }: KnownModel): Listed | undefined => {
  if (source.kind === 'file')
    return { kind: 'file', name: source.name, bytes: source.file.size, tokenizer: Boolean(source.tokenizer) };
  return source.kind === 'hub' ? { ...source, bytes } : undefined;
};

const write = (models: readonly Listed[]): void => localStorage.setItem(LIST, JSON.stringify(models));

/** Keeps a model for the next visit. @throws when there is no room */
export async function keepModel(model: KnownModel): Promise<void> {
  const listed = listedAs(model);
  if (!listed) return;
  const { source } = model;
  if (source.kind === 'file') {
    const cache = await caches.open(CACHE);
    await cache.put(addressOf(source.name), new Response(source.file));
    if (source.tokenizer) await cache.put(tokenizerOf(source.name), new Response(source.tokenizer));
  }
  write([...list().filter((one) => idOf(one) !== model.id), listed]);
}

export async function deleteModel({ id, source }: KnownModel): Promise<void> {
  write(list().filter((one) => idOf(one) !== id));
  if (source.kind === 'hub') await forgetHubBlob(source);
  else if (source.kind === 'file') {
    const cache = await caches.open(CACHE);
    await Promise.all([addressOf, tokenizerOf].map((address) => cache.delete(address(source.name))));
  }
}

/** The models of earlier visits that are still stored. */
export async function keptModels(): Promise<KnownModel[]> {
  if (list().length === 0) return [];
  const cache = await caches.open(CACHE);
  const found: KnownModel[] = [];
  for (const one of list()) {
    const common = { id: idOf(one), title: idOf(one), bytes: one.bytes };
    if (one.kind === 'hub') found.push({ ...common, source: one });
    else {
      const file = await (await cache.match(addressOf(one.name)))?.blob();
      const tokenizer = one.tokenizer ? await (await cache.match(tokenizerOf(one.name)))?.blob() : undefined;
      if (file) found.push({ ...common, source: { kind: 'file', file, name: one.name, tokenizer } });
    }
  }
  return found;
}
