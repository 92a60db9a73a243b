// What a file on the model hub is called, and where it lies. https://huggingface.co/docs/hub
import { WeightsError } from '../errors.ts';

/** A file in a repository of models, or of data. */
export interface HubFile {
  readonly type?: 'model' | 'dataset';
  /** `owner/name`. */
  readonly repo: string;
  /** Within the repository, with `/` between folders. */
  readonly path: string;
  /** A branch, a tag or a commit; `main` if not given. */
  readonly revision?: string;
}

/** What the hub is asked for cannot be: wrong names, files that are not there, or offline. */
export class HubError extends WeightsError {
  override readonly name = 'HubError';
  constructor(
    readonly subject: string,
    expected: string,
    actual: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super('weights/hub', `${subject}: expected ${expected}, got ${actual}. ${remedy}`, options);
  }
}

export const HUB = 'https://huggingface.co';

/** A relative path that stays where it is put: it names files in the cache. */
const isInside = (path: string): boolean =>
  /^[^\\:*?"<>|\0]+$/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** @throws {HubError} for names that the hub does not know, or that would leave the cache's folder */
export function checkAddress({ type = 'model', repo, path, revision = 'main' }: HubFile): Required<HubFile> {
  if (!/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(repo) || repo.includes('..') || repo.includes('--'))
    throw new HubError(
      repo || 'repository',
      "the form 'owner/name'",
      `'${repo}'`,
      `Copy it from the page of the ${type}.`,
    );
  if (!isInside(path))
    throw new HubError(repo, 'the path of a file in the repository', `'${path}'`, 'Copy it from the page of the file.');
  if (!isInside(revision))
    throw new HubError(repo, 'a branch, tag or commit', `'${revision}'`, 'Leave it out to get main.');
  return { type, repo, path, revision };
}

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

const endpointOf = (endpoint: string): string => {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new HubError('HF_ENDPOINT', 'an http address', `'${endpoint}'`, `Leave it out to use ${HUB}.`);
  return url.href.replace(/\/+$/, '');
};

/** The address of a file's bytes. */
export const fileUrl = ({ type, repo, path, revision }: Required<HubFile>, endpoint = HUB): string =>
  `${endpointOf(endpoint)}/${type === 'dataset' ? 'datasets/' : ''}${repo}/resolve/${encodeURIComponent(revision)}/${path.split('/').map(encodeURIComponent).join('/')}`;

/** The address of what the hub knows of a revision. */
export const revisionUrl = ({ type, repo, revision }: Required<HubFile>, endpoint = HUB): string =>
  `${endpointOf(endpoint)}/api/${type}s/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
