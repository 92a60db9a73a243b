import { spawn } from 'node:child_process'; import { createInterface } from 'node:readline';
import { FULL_SIZES } from '/work/wt-engine/benchmarks/src/engine/models.ts';
const env = { ...process.env, OMP_WAIT_POLICY: 'passive' };
const make = async (cmd: string, args: string[]) => { const c = spawn(cmd, args, { stdio: ['pipe', 'pipe', 'inherit'], env }); const lines = createInterface({ input: c.stdout })[Symbol.asyncIterator](); const opening = JSON.parse((await lines.next()).value); return { opening, ask: async (r: object) => { c.stdin.write(JSON.stringify(r) + '\n'); return JSON.parse((await lines.next()).value); }, close: () => c.stdin.end() }; };
const ours = await make(process.execPath, [...process.execArgv, '/work/wt-engine/benchmarks/src/engine/runner.ts', JSON.stringify({ model: '/tmp/eng/clip.safetensors', device: 'onnx', threads: 2 })]);
const torch = await make('/tmp/nt/torch/bin/python', ['/work/wt-engine/benchmarks/torch/reference.py', JSON.stringify(FULL_SIZES.clip), '2', 'adapters']);
for (const c of [ours, torch]) await c.ask({ run: 'forward', times: 1 });
for (let i = 0; i < 2; i++) { const a = await ours.ask({ run: 'image', samples: 30 }), b = await torch.ask({ run: 'image', samples: 30 }); console.log('onnx', JSON.stringify(a), 'torch', JSON.stringify(b), 'wall', (a.wall / b.wall).toFixed(3), 'cpu', (a.cpu / b.cpu).toFixed(3)); }
ours.close(); torch.close();
