// medclipseg dataset download: published datasets from the model hub, or EUS from its raw archives, in the published layout.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATASETS, type DatasetName, HUB_REPOSITORY } from '@medclipseg/datasets';
import { extractArchive, prepareEus } from '@medclipseg/datasets/node';
import { hubFile } from '@medclipseg/weights/hub/node';
import { UsageError } from '../../errors.ts';
import { withByteProgress, withProgress } from '../../progress.ts';

export interface DownloadCommandOptions {
  readonly out: string;
  readonly from?: string;
  readonly revision: string;
  readonly json?: boolean;
}

const notice = (text: string) => process.stderr.write(`${text}\n`);

const isFolder = (path: string) =>
  stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );

const unpack = (archive: string, folder: string, name: string, signal: AbortSignal) =>
  withByteProgress(`${name} unpacked`, (onProgress) => extractArchive(archive, folder, { signal, onProgress }));

async function fromHub(name: DatasetName, archive: string, folder: string, revision: string, signal: AbortSignal) {
  const path = await withByteProgress(archive, (onProgress) =>
    hubFile(
      { type: 'dataset', repo: HUB_REPOSITORY, path: archive, revision },
      { signal, onProgress: ({ loaded, total = loaded }) => onProgress(loaded, total) },
    ),
  );
  await unpack(path, folder, name, signal);
}

/** Prepares EUS from a folder with `Prompts_Folder`, `EUS_cancer` and `EUS_healthy`, the last two as folders or as zip archives. */
async function prepareFrom(from: string | undefined, folder: string, signal: AbortSignal): Promise<void> {
  const { origin } = DATASETS.EUS.source;
  const remedy = `Get EUS_cancer and EUS_healthy from ${origin} and the published Prompts_Folder, put them into one folder, and name it with --from.`;
  if (from === undefined) throw new UsageError('EUS', 'the folder of its raw archives', 'no --from', remedy);
  const temporary = await mkdtemp(join(tmpdir(), 'medclipseg-eus-'));
  try {
    const raw = async (name: string): Promise<string> => {
      if (await isFolder(join(from, name))) return join(from, name);
      const archive = join(from, `${name}.zip`);
      if (!(await stat(archive).catch(() => undefined))?.isFile())
        throw new UsageError('--from', `${name} or ${name}.zip in ${from}`, 'neither', remedy);
      await unpack(archive, join(temporary, name), name, signal);
      return join(temporary, name);
    };
    const prompts = join(from, 'Prompts_Folder');
    if (!(await isFolder(prompts))) throw new UsageError('--from', `Prompts_Folder in ${from}`, 'none', remedy);
    const sources = { cancer: await raw('EUS_cancer'), healthy: await raw('EUS_healthy'), prompts };
    const { missing, unannotated } = await withProgress('frames', (onProgress) =>
      prepareEus(sources, folder, { signal, onProgress }),
    );
    if (missing.length > 0) notice(`EUS: ${missing.length} rows have no frame: ${missing.slice(0, 5).join(', ')}`);
    if (unannotated.length > 0)
      notice(`EUS: ${unannotated.length} frames with cancer have no annotation, their masks are empty`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Downloads datasets into folders of their names. Existing folders are left unchanged. */
export async function download(
  names: readonly string[],
  { out, from, revision, json }: DownloadCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(DATASETS, name));
  if (unknown.length > 0)
    throw new UsageError(
      'dataset',
      `names among ${Object.keys(DATASETS).join(', ')}`,
      unknown.join(', '),
      'Correct them.',
    );
  const folders: Record<string, string> = {};
  for (const name of names as readonly DatasetName[]) {
    const { archive, citation, terms } = DATASETS[name].source;
    const folder = join(out, name);
    folders[name] = folder;
    if ((await readdir(folder).catch(() => [])).length > 0) notice(`${folder} exists already and is left unchanged`);
    else {
      if (archive === undefined) await prepareFrom(from, folder, signal);
      else await fromHub(name, archive, folder, revision, signal);
      notice(`${name}: cite ${citation}. Terms: ${terms}.`);
      if (!(await isFolder(join(folder, 'Prompts_Folder'))))
        notice(`${name}: the archive has no Prompts_Folder; put the published prompt sheets into ${folder}`);
    }
    if (!json) process.stdout.write(`${folder}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(folders)}\n`);
}
