// What the hub says about repositories and files: commits, sizes and hashes. Its answers are as untrusted as any file.
import { FormatError } from '../errors.ts';
import { readText } from '../http/body.ts';
import { redactedUrl } from '../http/errors.ts';
import { requestBody, type TransferOptions } from '../http/request.ts';
import { closestMatch } from '../keys/closest-match.ts';
import { HubError, type HubFile, type HubRepository, isCommit, revisionUrl } from './address.ts';

/** How content is verified: large files by SHA-256, small ones as git does, by SHA-1 of a header and the content. */
export type HashKind = 'sha256' | 'git-sha1';

export interface FileDescription {
  /** The commit to which the revision refers. */
  readonly commit: string;
  readonly path: string;
  readonly size: number;
  /** In hexadecimal; names the file in the cache. */
  readonly hash: string;
  readonly kind: HashKind;
}

export interface HubOptions extends TransferOptions {
  /** Another hub with the same interface, such as a mirror. */
  readonly endpoint?: string;
  /** Uses only files in the cache. */
  readonly offline?: boolean;
}

/** A file of a repository. */
export interface HubEntry {
  /** Within the repository. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/** The files of a repository, sorted by path. */
export interface HubListing {
  readonly files: readonly HubEntry[];
  /** Where the list comes from. That of the cache holds only files that have been downloaded. */
  readonly from: 'hub' | 'cache';
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** Commit and files of an answer. */
function filesIn(answer: unknown, url: string): { readonly commit: string; readonly files: readonly Fields[] } {
  const { sha, siblings } = fieldsOf(answer);
  if (typeof sha !== 'string' || !isCommit(sha) || !Array.isArray(siblings))
    throw new FormatError(redactedUrl(url), 'a commit and its files', 'something else');
  return { commit: sha, files: siblings.map(fieldsOf) };
}

/** Parses what the hub says about a file. */
export function parseDescription(
  answer: unknown,
  { repo, path, revision }: Required<HubFile>,
  url: string,
): FileDescription {
  const { commit, files } = filesIn(answer, url);
  const file = files.find(({ rfilename }) => rfilename === path);
  if (!file) {
    const names = files.map(({ rfilename }) => rfilename).filter((name) => typeof name === 'string');
    const meant = closestMatch(path, names);
    throw new HubError(
      `${repo} at ${revision}`,
      `a file '${path}'`,
      'none of that name',
      meant === undefined ? 'See the list of files on its page.' : `Did you mean '${meant}'?`,
    );
  }
  const lfs = fieldsOf(file.lfs);
  const large = typeof lfs.sha256 === 'string';
  const size = large ? lfs.size : file.size;
  const hash = large ? lfs.sha256 : file.blobId;
  if (!Number.isSafeInteger(size) || (size as number) < 0 || typeof hash !== 'string')
    throw new FormatError(redactedUrl(url), `size and hash of '${path}'`, 'something else');
  if (!(large ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/).test(hash))
    throw new FormatError(redactedUrl(url), `a hash of '${path}' in hexadecimal`, `'${hash}'`);
  return { commit, path, size: size as number, hash, kind: large ? 'sha256' : 'git-sha1' };
}

/** Bytes of an answer: enough for 100,000 files. */
const MAXIMUM_METADATA = 32 * 1024 * 1024;

async function requestJson(url: string, options: HubOptions): Promise<unknown> {
  const text = await requestBody(url, options, (response) =>
    readText(response, url, MAXIMUM_METADATA, options.idleTimeout),
  );
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(redactedUrl(url), 'JSON', /^\s*</.test(text) ? 'an HTML page' : 'something else', { cause });
  }
}

/** Asks the hub for the commit, size and hash of a file. */
export async function describe(file: Required<HubFile>, options: HubOptions): Promise<FileDescription> {
  const url = revisionUrl(file, options.endpoint);
  return parseDescription(await requestJson(url, options), file, url);
}

/** Asks the hub for the files of a repository. */
export async function listOnHub(repository: Required<HubRepository>, options: HubOptions): Promise<HubEntry[]> {
  const url = revisionUrl(repository, options.endpoint);
  const { files } = filesIn(await requestJson(url, options), url);
  return files.flatMap((file) => {
    const [path, size] = [file.rfilename, fieldsOf(file.lfs).size ?? file.size];
    return typeof path === 'string' && Number.isSafeInteger(size) ? [{ path, size: size as number }] : [];
  });
}

const byPath = (a: HubEntry, b: HubEntry): number => (a.path < b.path ? -1 : 1);

/** A listing of the files below a folder of the repository; of all if there is none. */
export function listing(files: readonly HubEntry[], folder: string | undefined, from: HubListing['from']): HubListing {
  const prefix = folder === undefined ? '' : `${folder}/`;
  return { files: files.filter(({ path }) => path.startsWith(prefix)).sort(byPath), from };
}

/** @throws {HubError} if the hash found is not the one that the hub promised */
export function checkHash({ path, hash }: FileDescription, found: string): void {
  if (found !== hash)
    throw new HubError(
      path,
      `content with hash ${hash}`,
      found,
      'It was discarded: download it again, or from another HF_ENDPOINT.',
    );
}
