// One model on one device, measured in a process of its own. Run by `engine.ts` with RunnerOptions as JSON.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { drawPhantom } from '@medclipseg/datasets';
import { fillNormalByTables, noiseValues } from '@medclipseg/nn/internal';
import { compile, type TensorData } from '@medclipseg/onnx/node';
import { MedCLIPSeg } from 'medclipseg';
import { examplesInMemory, fit } from 'medclipseg/training';
import type { Int8Card } from './export-int8.ts';
import type { Measured, Request, RunnerOptions } from './protocol.ts';

const SEED = 666;
const PROMPT = 'one small round pink polyp in the upper left of the image';
const phantom = drawPhantom({ modality: 'endoscopy', seed: 1, size: 224 });

/** What can be measured of a model; each pass gets new noise. */
interface Contestant {
  /** The whole network once. */
  forward(): Promise<unknown>;
  /** A further sample of the image that was shown last. */
  sample(): Promise<unknown>;
  image?(samples: number, antithetic: boolean): Promise<unknown>;
  step?(batch: number): Promise<unknown>;
}

/** Steps of a training that waits after each of them. */
function stepper(model: MedCLIPSeg, batch: number, recompute: boolean): () => Promise<void> {
  const examples = Array.from({ length: batch }, (_, i) => {
    const { image, mask } = drawPhantom({ modality: 'endoscopy', seed: i, size: 224 });
    return { name: `${i}`, image, mask, prompt: PROMPT };
  });
  let [go, done] = [() => {}, () => {}];
  let failed: (error: unknown) => void = () => {};
  const turn = () =>
    new Promise<void>((resolve) => {
      go = resolve;
    });
  let next = turn();
  // Without validation, an epoch of one batch is one step.
  const training = async () => {
    await next;
    await fit(
      model,
      { train: examplesInMemory(examples) },
      { epochs: 1000, batchSize: batch, textDropout: 0, recompute },
      {
        onStep: () => {
          next = turn();
          done();
          return next;
        },
      },
    );
  };
  training().catch((error) => failed(error));
  return () =>
    new Promise<void>((resolve, reject) => {
      [done, failed] = [resolve, reject];
      go();
    });
}

async function openModel({ model: source, device, threads }: RunnerOptions): Promise<Contestant> {
  const model = await MedCLIPSeg.fromPretrained(source, { device: device as 'onnx', threads });
  const { engine, tokenizer } = model;
  const { imageSize } = engine.config.vision;
  const input = { pixels: new Float32Array(imageSize ** 2 * 3).fill(0.1), tokens: [tokenizer.encode(PROMPT)] };
  let [count, batchOf] = [0, 0];
  let step = () => Promise.resolve();
  const draw = (start: Awaited<ReturnType<typeof engine.start>>) => {
    count += 1;
    return start.sample(1, (site, size) =>
      noiseValues(SEED, [{ image: 'image', sample: count }], site, size, fillNormalByTables),
    );
  };
  let kept = await engine.start(input);
  await draw(kept);
  return {
    async forward() {
      kept.dispose();
      kept = await engine.start(input);
      await draw(kept);
    },
    sample: () => draw(kept),
    image: (samples, antithetic) => model.segment(phantom.image, PROMPT, { samples, antithetic, seed: SEED + count++ }),
    step(batch) {
      if (batch !== batchOf) {
        // All parameters of a small model learn, adapters and decoder of one with published encoders.
        if (source === 'mini') model.unfreeze(/./);
        // The activations of BERT do not fit into the memory of wasm.
        const recompute = device === 'wasm' && model.config.text.kind === 'bert';
        [batchOf, step] = [batch, stepper(model, batch, recompute)];
      }
      return step();
    },
  };
}

async function openInt8({ model: folder, threads }: RunnerOptions): Promise<Contestant> {
  const { imageSize, context, noise }: Int8Card = JSON.parse(await readFile(join(folder, 'card.json'), 'utf8'));
  const open = (name: string) => compile(join(folder, `${name}.onnx`), { threads });
  const [prefix, samples] = await Promise.all([open('prefix'), open('sample')]);
  const floats = (...shape: number[]): TensorData => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
    return { type: 'float32', shape, data };
  };
  const token_ids: TensorData = {
    type: 'int32',
    shape: [1, context],
    data: Int32Array.from({ length: context }, (_, i) => (i < 20 ? i + 2 : 0)),
  };
  const image = floats(1, imageSize, imageSize, 3);
  const drawn = Object.fromEntries(noise.map(({ name, tokens, width }) => [name, floats(1, tokens, width)]));
  let kept = await prefix.run({ image, token_ids });
  const sample = () => samples.run({ ...kept, ...drawn, token_ids });
  await sample();
  return {
    async forward() {
      kept = await prefix.run({ image, token_ids });
      await sample();
    },
    sample,
  };
}

/** Peak resident memory of this program alone; the figure of getrusage includes that of the process that started it. */
async function peakBytes(): Promise<number> {
  const [, kibibytes] = /VmHWM:\s*(\d+)/.exec(await readFile('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

async function measure(work: () => Promise<unknown>): Promise<void> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const answer: Measured = { wall: performance.now() - wall, cpu: (user + system) / 1000, peak: await peakBytes() };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

const options = JSON.parse(process.argv[2] as string) as RunnerOptions;
let contestant: Contestant | undefined;
await measure(async () => {
  contestant = await (options.device === 'int8' ? openInt8(options) : openModel(options));
});
const { forward, sample, image, step } = contestant as unknown as Contestant;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  await measure(async () => {
    if (request.run === 'image') await image?.(request.samples, request.antithetic ?? false);
    else if (request.run === 'step') await step?.(request.batch);
    else for (let i = 0; i < request.times; i++) await (request.run === 'forward' ? forward : sample)();
  });
}
process.exit();
