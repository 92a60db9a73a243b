// What the hub says of a file: its commit, size and hash.
import { FormatError } from '../errors.ts';
import { withoutQuery } from '../http/errors.ts';
import { type HttpOptions, request } from '../http/request.ts';
import { nearest } from '../keys/nearest.ts';
import { checkAddress, HubError, type HubFile, isCommit, revisionUrl } from './address.ts';

/** How a file's content is proved: large files by SHA-256, small ones as git does, by SHA-1 of a header and the content. */
export type HashKind = 'sha256' | 'git-sha1';

export interface FileDescription {
  /** The commit that the revision stands for. */
  readonly commit: string;
  readonly path: string;
  readonly size: number;
  /** In hexadecimal; it names the file in the cache. */
  readonly hash: string;
  readonly kind: HashKind;
}

export interface HubOptions extends HttpOptions {
  /** Another hub of the same kind, such as a mirror. */
  readonly endpoint?: string;
  /** Told after every piece that arrives, and once if nothing has to. */
  readonly onProgress?: (progress: HubProgress) => void;
}

export interface HubProgress {
  readonly path: string;
  /** Bytes that are here, of earlier attempts too. */
  readonly loaded: number;
  readonly total: number;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** Commit and files of one answer of the hub; it is as untrusted as a file. */
function filesIn(answer: unknown, url: string): { readonly commit: string; readonly files: readonly Fields[] } {
  const { sha, siblings } = fieldsOf(answer);
  if (typeof sha !== 'string' || !isCommit(sha) || !Array.isArray(siblings))
    throw new FormatError(withoutQuery(url), 'a commit and its files', 'something else');
  return { commit: sha, files: siblings.map(fieldsOf) };
}

const sizeOf = ({ lfs, size }: Fields): unknown => fieldsOf(lfs).size ?? size;

/** Parses what the hub says of a file. */
export function parseDescription(
  answer: unknown,
  { repo, path, revision }: Required<HubFile>,
  url: string,
): FileDescription {
  const { commit, files } = filesIn(answer, url);
  const file = files.find(({ rfilename }) => rfilename === path);
  if (!file) {
    const names = files.map(({ rfilename }) => rfilename).filter((name) => typeof name === 'string');
    const meant = nearest(path, names);
    throw new HubError(
      `${repo} at ${revision}`,
      `a file '${path}'`,
      'none of that name',
      meant === undefined ? 'Look at the list of files on its page.' : `Did you mean '${meant}'?`,
    );
  }
  const lfs = fieldsOf(file.lfs);
  const large = typeof lfs.sha256 === 'string';
  const size = large ? lfs.size : file.size;
  const hash = large ? lfs.sha256 : file.blobId;
  if (!Number.isSafeInteger(size) || (size as number) < 0 || typeof hash !== 'string')
    throw new FormatError(withoutQuery(url), `size and hash of '${path}'`, 'something else');
  if (!(large ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/).test(hash))
    throw new FormatError(withoutQuery(url), `a hash of '${path}' in hexadecimal`, `'${hash}'`);
  return { commit, path, size: size as number, hash, kind: large ? 'sha256' : 'git-sha1' };
}

async function ask(url: string, options: HubOptions): Promise<unknown> {
  const response = await request(url, options);
  return response.json().catch((cause) => {
    throw new FormatError(withoutQuery(url), 'JSON', 'something else', { cause });
  });
}

/** Asks the hub what a file is. */
export async function describe(file: Required<HubFile>, options: HubOptions): Promise<FileDescription> {
  const url = revisionUrl(file, options.endpoint);
  return parseDescription(await ask(url, options), file, url);
}

/** A file as a repository lists it. */
export interface HubListing {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/**
 * The files of a repository, to choose from before anything large is downloaded.
 *
 * @throws {HubError} for names that the hub does not know
 * @throws {HttpError | NetworkError} if it cannot be asked
 */
export async function hubFiles(repository: Omit<HubFile, 'path'>, options: HubOptions = {}): Promise<HubListing[]> {
  const url = revisionUrl(checkAddress({ ...repository, path: 'any' }), options.endpoint);
  const { files } = filesIn(await ask(url, options), url);
  return files.flatMap((file) => {
    const [path, size] = [file.rfilename, sizeOf(file)];
    return typeof path === 'string' && Number.isSafeInteger(size) ? [{ path, size: size as number }] : [];
  });
}

/** @throws {HubError} if the hash found is not the one that the hub told */
export function checkHash({ path, hash }: FileDescription, found: string): void {
  if (found !== hash)
    throw new HubError(
      path,
      `content with hash ${hash}`,
      found,
      'It was thrown away: download it again, or from another HF_ENDPOINT.',
    );
}
