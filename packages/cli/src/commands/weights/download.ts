// medclipseg weights download: downloads files of the model hub.
import { hubFile } from '@medclipseg/weights/hub/node';
import { withByteProgress } from '../../progress.ts';

export async function download(
  repo: string,
  files: readonly string[],
  { revision, json }: { readonly revision: string; readonly json?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const paths: Record<string, string> = {};
  for (const path of files) {
    paths[path] = await withByteProgress(path, (onProgress) =>
      hubFile(
        { repo, path, revision },
        { signal, onProgress: ({ loaded, total = loaded }) => onProgress(loaded, total) },
      ),
    );
    if (!json) process.stdout.write(`${paths[path]}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(paths)}\n`);
}
