// Models that this browser keeps: files from disk in a cache of our own, hub files in the hub's; a list of both.
import { forgetHubBlob } from '@medclipseg/weights/hub';
import type { KnownModel } from './model.ts';

const CACHE = 'medclipseg-playground-models';
const LIST = 'medclipseg-models';

type Listed =
  | { readonly kind: 'file'; readonly name: string; readonly bytes: number }
  | { readonly kind: 'hub'; readonly repo: string; readonly path: string; readonly bytes?: number };

const addressOf = (name: string): string => `https://kept.invalid/${encodeURIComponent(name)}`;

function list(): readonly Listed[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(LIST) ?? '[]');
    return Array.isArray(stored) ? stored : [];
  } catch {
    return [];
  }
}

const idOf = (one: Listed): string => (one.kind === 'hub' ? `${one.repo}/${one.path}` : one.name);

const listedAs = ({ source, bytes }: KnownModel): Listed | undefined => {
  if (source.kind === 'file') return { kind: 'file', name: source.name, bytes: source.file.size };
  return source.kind === 'hub' ? { ...source, bytes } : undefined;
};

const write = (models: readonly Listed[]): void => localStorage.setItem(LIST, JSON.stringify(models));

/** Keeps a model for the next visit. Without room it is used and not kept. */
export async function keepModel(model: KnownModel): Promise<void> {
  const listed = listedAs(model);
  if (!listed) return;
  const { source } = model;
  if (source.kind === 'file') {
    const cache = await caches.open(CACHE);
    await cache.put(addressOf(source.name), new Response(source.file));
  }
  write([...list().filter((one) => idOf(one) !== model.id), listed]);
}

export async function forgetModel({ id, source }: KnownModel): Promise<void> {
  write(list().filter((one) => idOf(one) !== id));
  if (source.kind === 'hub') await forgetHubBlob(source);
  else if (source.kind === 'file') await (await caches.open(CACHE)).delete(addressOf(source.name));
}

/** Models of earlier visits that are still there. */
export async function keptModels(): Promise<KnownModel[]> {
  if (list().length === 0) return [];
  const cache = await caches.open(CACHE);
  const found: KnownModel[] = [];
  for (const one of list()) {
    const common = { id: idOf(one), title: idOf(one), bytes: one.bytes };
    if (one.kind === 'hub') found.push({ ...common, source: one });
    else {
      const file = await (await cache.match(addressOf(one.name)))?.blob();
      if (file) found.push({ ...common, source: { kind: 'file', file, name: one.name } });
    }
  }
  return found;
}
