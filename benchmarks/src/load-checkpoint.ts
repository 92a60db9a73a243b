// Opens a weights file, keeps every tensor in memory, and prints time and memory. Run as a process by `checkpoint.ts`.
import { openTensorFile } from '@medclipseg/weights/node';
import type { Loaded } from './checkpoint.ts';

const start = performance.now();
const file = await openTensorFile(process.argv[2] as string);
const tensors: Float32Array[] = [];
for (const name of file.tensors.keys()) tensors.push((await file.read(name)).data as Float32Array);
await file.close();
const loaded: Loaded = {
  seconds: (performance.now() - start) / 1000,
  kept: tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
  peak: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(JSON.stringify(loaded));
