// Lists the words that the check of wording refuses: npm run words [-- PATH...]
import { prose, read } from './repository.ts';
import { usesOf } from './words.ts';

const named = process.argv.slice(2);
const found = prose
  .filter((path) => named.length === 0 || named.some((start) => path.startsWith(start)))
  .flatMap((path) => usesOf(path, read(path)));
process.stdout.write(`${[...found, `${found.length} found`].join('\n')}\n`);
process.exitCode = found.length > 0 ? 1 : 0;
