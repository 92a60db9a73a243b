// Load on `medclipseg serve` with mini: 200 requests, 8 at a time; none may be lost, and memory must stay flat.
//   npm run load -w @medclipseg/server-checks [-- REQUESTS]
import { readFile } from 'node:fs/promises';
import { drawPhantom } from '@medclipseg/datasets';
import { encodePng } from '@medclipseg/datasets/node';
import { startServer } from './serve.ts';

const [requests = 200] = process.argv.slice(2).map(Number);
const AT_ONCE = 8;
/** Growth of the memory over the second half that counts as flat. */
const FLAT = 0.1;

const image = (await encodePng(
  drawPhantom({ modality: 'endoscopy', seed: 9003, size: 512 }).image,
)) as Uint8Array<ArrayBuffer>;
const server = await startServer();

/** Resident memory of the server, in MiB. */
async function memory(): Promise<number> {
  const status = await readFile(`/proc/${server.child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

let [sent, answered] = [0, 0];
const samples: number[] = [];
const statuses = new Map<number, number>();
const answers = new Set<string>();

async function client(): Promise<void> {
  while (sent < requests) {
    sent++;
    const form = new FormData();
    form.set('prompt', 'one small polyp');
    form.set('samples', '2');
    form.set('image', new Blob([image]), 'scan.png');
    const answer = await fetch(`${server.url}/v1/segment`, { method: 'POST', body: form });
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    answers.add(JSON.stringify((await answer.json()).maps));
    if (++answered % (requests / 8) === 0) {
      samples.push(await memory());
      console.log(`${answered} answered, ${samples.at(-1)?.toFixed(0)} MiB`);
    }
  }
}

const started = performance.now();
await Promise.all(Array.from({ length: AT_ONCE }, client));
const seconds = (performance.now() - started) / 1000;
const code = await server.stop();
const half = samples.slice(samples.length / 2 - 1);
const growth = Math.max(...half) / (half[0] as number) - 1;
console.log(
  `${answered} of ${requests} in ${seconds.toFixed(1)} s (${(requests / seconds).toFixed(1)} a second), statuses ${JSON.stringify([...statuses])}, ${answers.size} different answer(s), memory in the second half ${(100 * growth).toFixed(1)} % more, exit code ${code}`,
);
if (answered !== requests || statuses.get(200) !== requests || answers.size !== 1 || growth > FLAT || code !== 0)
  process.exitCode = 1;
