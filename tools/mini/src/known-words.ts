// Lists in a checkpoint's metadata the nouns that its training prompts used for the foreground. Tensors stay as they are.
//   node --conditions=@medclipseg/source --import tsx tools/mini/src/known-words.ts packages/mini/weights/mini.safetensors polyp tumor lesion opacity
import { storedTensors } from '@medclipseg/weights';
import { openTensorFile, writeSafetensors } from '@medclipseg/weights/node';

const [path, ...words] = process.argv.slice(2) as [string, ...string[]];
const file = await openTensorFile(path);
// Written to a temporary file and renamed: the tensors are read from the old one meanwhile.
await writeSafetensors(path, storedTensors(file), { ...file.metadata, knownWords: JSON.stringify(words) });
await file.close();
