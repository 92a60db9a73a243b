// The first steps of a training with the settings `small` on one device, in a process of its own. Run by `small.ts`: options as JSON.
import { readFile } from 'node:fs/promises';
import { vocabularyOf, wordTokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { MedCLIPSeg, selectDevice } from 'medclipseg';
import { openDatasetFolders } from 'medclipseg/node';
import { fit } from 'medclipseg/training';
import { parse } from 'yaml';

export interface TrainOptions {
  readonly device: 'wasm' | 'onnx';
  readonly threads?: number;
  /** A dataset in the published layout. */
  readonly data: string;
  readonly steps: number;
}

export interface Trained {
  /** The loss of each step. */
  readonly losses: readonly number[];
  /** Processor time in milliseconds, over all threads: when the training began, and after each step, since the process was started. */
  readonly began: number;
  readonly cpu: readonly number[];
}

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** As `medclipseg train` reads them; what the file leaves out has the published value. */
async function readSmall() {
  const file = new URL('../../../packages/cli/configs/small.yaml', import.meta.url);
  const { SEED: seed, MODEL, TRAIN } = parse(await readFile(file, 'utf8'));
  const { IMAGE, TEXT, OUTPUT_DIM: outputs } = MODEL;
  return {
    seed,
    context: TEXT.CONTEXT as number,
    config: (vocabulary: number) => ({
      vision: {
        ...{ imageSize: IMAGE.SIZE, patch: IMAGE.PATCH, stem: IMAGE.STEM, width: IMAGE.WIDTH, layers: IMAGE.LAYERS },
        ...{ heads: IMAGE.HEADS, mlpWidth: IMAGE.MLP_DIM, outputs },
        ...({ activation: 'quick-gelu', epsilon: 1e-5, patchBias: true, preNorm: true, dense: 'tokens' } as const),
      },
      text: {
        ...{ kind: 'clip' as const, vocabulary, context: TEXT.CONTEXT, width: TEXT.WIDTH, layers: TEXT.LAYERS },
        ...{ heads: TEXT.HEADS, mlpWidth: TEXT.MLP_DIM, outputs },
      },
      adapters: {
        ...{ width: MODEL.ADAPTER_DIM, layers: MODEL.LAYERS, beta: MODEL.BETA, gate: MODEL.GATE_INIT },
        maskPadding: MODEL.MASK_PADDING,
      },
      upscaleBlocks: MODEL.NUM_UPSCALE,
      preprocessing: {
        channelOrder: 'bgr' as const,
        mean: [0.485, 0.456, 0.406] as const,
        deviation: [0.229, 0.224, 0.225] as const,
      },
    }),
    plan: {
      seed,
      ...{ epochs: TRAIN.NUM_EPOCHS, batchSize: TRAIN.BATCH_SIZE, augment: TRAIN.AUGMENT, schedule: TRAIN.SCHEDULE },
      ...{ learningRate: TRAIN.LEARNING_RATE, minimumLearningRate: TRAIN.MIN_LEARNING_RATE },
      ...{ warmupSteps: TRAIN.WARMUP_STEPS, weightDecay: TRAIN.WEIGHT_DECAY, beta2: TRAIN.BETA2 },
      ...{ clipNorm: TRAIN.CLIP_NORM, loss: { dice: TRAIN.DICE, temperature: TRAIN.TEMPERATURE } },
    },
  };
}

const { device, threads, data: folder, steps } = JSON.parse(process.argv[2] as string) as TrainOptions;
await selectDevice(device, { threads });
const data = await openDatasetFolders([folder]);
const { seed, context, config, plan } = await readSmall();
// Flipping an image changes the words of place in its prompt.
const words = vocabularyOf([...data.prompts, 'top bottom left right upper lower center polyp']);
const tokenizer = wordTokenizer({ words, contextLength: context });
const model = MedCLIPSeg.create(config(tokenizer.size), tokenizer, { seed });
const control = new AbortController();
const losses: number[] = [];
const times: number[] = [];
let began = 0;
try {
  await fit(model, data, plan, {
    signal: control.signal,
    onStart: () => {
      began = cpu();
    },
    onStep: ({ loss }) => {
      losses.push(loss.total);
      times.push(cpu());
      if (losses.length === steps) control.abort();
    },
  });
} catch (error) {
  if (!control.signal.aborted) throw error;
}
await data.dispose();
process.stdout.write(JSON.stringify({ losses, began, cpu: times } satisfies Trained), () => process.exit());
