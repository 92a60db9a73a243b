// medclipseg weights download: downloads files of the model hub.
import { hubFile } from '@medclipseg/weights/hub/node';
import { progress } from '../dataset/progress.ts';

const MEBIBYTE = 2 ** 20;

export async function download(
  repo: string,
  files: readonly string[],
  { revision, json }: { readonly revision: string; readonly json?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const paths: Record<string, string> = {};
  for (const path of files) {
    let bar: ReturnType<typeof progress> | undefined;
    try {
      paths[path] = await hubFile(
        { repo, path, revision },
        {
          signal,
          onProgress({ loaded, total = loaded }) {
            bar ??= progress(`${path}, MiB`, Math.ceil(total / MEBIBYTE));
            bar.update(Math.ceil(loaded / MEBIBYTE));
          },
        },
      );
    } finally {
      bar?.stop();
    }
    if (!json) process.stdout.write(`${paths[path]}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(paths)}\n`);
}
