// Repositories and files on the model hub, and their addresses. https://huggingface.co/docs/hub
import { brief, shown, WeightsError } from '../errors.ts';
import { checkedUrl, redactedUrl } from '../http/errors.ts';

/** A repository of models or of data, at a revision. */
export interface HubRepository {
  readonly type?: 'model' | 'dataset';
  /** `owner/name`. */
  readonly repo: string;
  /** A branch, a tag or a commit; `main` by default. */
  readonly revision?: string;
}

/** A file in a repository. */
export interface HubFile extends HubRepository {
  /** Within the repository, with `/` between folders. */
  readonly path: string;
}

/** The hub has no such repository, revision or file, a name is malformed, or content does not match its hash. */
export class HubError extends WeightsError {
  override readonly name = 'HubError';
  constructor(
    readonly subject: string,
    expected: string,
    actual: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super(
      'weights/hub',
      `${brief(subject)}: expected ${brief(expected)}, got ${brief(actual)}. ${brief(remedy)}`,
      options,
    );
  }
}

export const HUB = 'https://huggingface.co';

/** Whether a relative path stays inside its folder: such paths name files in the cache. */
const isInside = (path: unknown): path is string =>
  typeof path === 'string' &&
  /^[^\\:*?"<>|\0]+$/.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** @throws {HubError} for names that the hub does not allow, or that would leave the folder of the cache */
export function checkRepository({ type = 'model', repo, revision = 'main' }: HubRepository): Required<HubRepository> {
  if (
    typeof repo !== 'string' ||
    !/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(repo) ||
    repo.includes('..') ||
    repo.includes('--')
  )
    throw new HubError(
      repo || 'repository',
      "the form 'owner/name'",
      shown(repo),
      `Copy it from the page of the ${type}.`,
    );
  if (!isInside(revision))
    throw new HubError(repo, 'a branch, tag or commit', shown(revision), 'Leave it out to get main.');
  return { type, repo, revision };
}

/** @throws {HubError} as `checkRepository`, and for paths outside the repository */
export function checkAddress({ path, ...repository }: HubFile): Required<HubFile> {
  const checked = checkRepository(repository);
  if (!isInside(path))
    throw new HubError(
      checked.repo,
      'the path of a file in the repository',
      shown(path),
      'Copy it from the page of the file.',
    );
  return { ...checked, path };
}

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** The endpoint without a slash at its end; it is shown without what may be a password. */
function endpointOf(endpoint: string): string {
  const isWeb = typeof endpoint === 'string' && URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol);
  if (!isWeb)
    throw new HubError(
      'HF_ENDPOINT',
      'an http address',
      `'${redactedUrl(`${endpoint}`)}'`,
      `Leave it out to use ${HUB}.`,
    );
  const { origin, pathname } = checkedUrl(endpoint, 'HF_ENDPOINT');
  return `${origin}${pathname}`.replace(/\/+$/, '');
}

/** The address of a file's content. */
export const fileUrl = ({ type, repo, path, revision }: Required<HubFile>, endpoint = HUB): string =>
  `${endpointOf(endpoint)}/${type === 'dataset' ? 'datasets/' : ''}${repo}/resolve/${encodeURIComponent(revision)}/${path.split('/').map(encodeURIComponent).join('/')}`;

/** The address of the metadata of a revision. */
export const revisionUrl = ({ type, repo, revision }: Required<HubRepository>, endpoint = HUB): string =>
  `${endpointOf(endpoint)}/api/${type}s/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
