// Run as a process, downloads one file: `download-process.ts ENDPOINT CACHE REPO PATH`.
import { hubFile } from '../src/hub/node.ts';

const [endpoint, cache, repo = '', path = ''] = process.argv.slice(2);
process.stdout.write(
  await hubFile({ repo, path }, { endpoint, cache, onProgress: ({ loaded }) => process.send?.(loaded) }),
);
process.disconnect?.();
