// The settings file: YAML, every key known, every value checked.
import { readFile } from 'node:fs/promises';
import { augmentations } from '@medclipseg/datasets';
import type { ModelConfig, TrainingPlan } from 'medclipseg';
import { parse } from 'yaml';
import { z } from 'zod';
import { UsageError } from './errors.ts';

const count = z.int().positive();
const augmentation = z.enum(Object.keys(augmentations) as [keyof typeof augmentations]);

/** Adapters and decoder. */
const trainedPart = {
  ADAPTER_DIM: count,
  LAYERS: z.array(z.int().nonnegative()).nonempty(),
  BETA: z.number().default(2.35),
  GATE_INIT: z.number().default(0),
  NUM_UPSCALE: count.default(2),
  MASK_PADDING: z.boolean().default(false),
};

/** Encoders that learn as well, from nothing. */
const newEncoders = z.strictObject({
  IMAGE: z.strictObject({
    SIZE: count,
    PATCH: count,
    STEM: z.array(count).optional(),
    WIDTH: count,
    LAYERS: count,
    HEADS: count,
    MLP_DIM: count,
  }),
  TEXT: z.strictObject({ CONTEXT: count, WIDTH: count, LAYERS: count, HEADS: count, MLP_DIM: count }),
  OUTPUT_DIM: count,
  ...trainedPart,
});

/** Encoders of a checkpoint, which stay as they are. */
const frozenEncoders = z.strictObject({ ENCODERS: z.string(), ...trainedPart });

const schemaOf = <M extends z.ZodType>(model: M) =>
  z.strictObject({
    NAME: z.string(),
    SEED: z.int().nonnegative().default(666),
    MODEL: model,
    TRAIN: z.strictObject({
      BATCH_SIZE: count.default(24),
      NUM_EPOCHS: count.default(100),
      LEARNING_RATE: z.number().positive().default(3e-4),
      MIN_LEARNING_RATE: z.number().nonnegative().default(1e-4),
      SCHEDULE: z.enum(['epoch', 'step']).default('epoch'),
      WARMUP_STEPS: z.int().nonnegative().default(0),
      WEIGHT_DECAY: z.number().nonnegative().default(0),
      BETA2: z.number().positive().default(0.999),
      CLIP_NORM: z.number().positive().optional(),
      DICE: z.enum(['row', 'region']).default('row'),
      TEMPERATURE: z.number().positive().default(0.2),
      AUGMENT: z.array(augmentation).default(['rotation']),
      /** Images that are differentiated at a time; the gradients are the batch's. */
      MICRO_BATCH: count.optional(),
      RECOMPUTE: z.boolean().default(false),
      TEXT_DROPOUT: z.number().min(0).lt(1).optional(),
      /** Epochs without a better validation Dice after which the training ends. */
      PATIENCE: count.optional(),
      KEEP_CHECKPOINTS: count.default(1),
      /** Also writes a checkpoint every so many steps. */
      CHECKPOINT_STEPS: count.optional(),
    }),
    TEST: z.strictObject({ NUM_SAMPLES: z.int().nonnegative().default(30) }).prefault({}),
  });

const schemas = { new: schemaOf(newEncoders), frozen: schemaOf(frozenEncoders) };

export type Settings = z.infer<(typeof schemas)[keyof typeof schemas]>;

/** Sets `A.B=value` in a tree of settings; only the schema decides whether that key exists. */
function override(tree: Record<string, unknown>, assignment: string): void {
  const [path, ...rest] = assignment.split('=');
  if (!path || rest.length === 0)
    throw new UsageError('--set', 'KEY.SUB=value', `'${assignment}'`, 'Write for example TRAIN.NUM_EPOCHS=20.');
  const keys = path.split('.');
  let node = tree;
  for (const key of keys.slice(0, -1)) {
    node[key] ??= {};
    node = node[key] as Record<string, unknown>;
  }
  node[keys.at(-1) as string] = parse(rest.join('='));
}

/** Reads and checks a settings file, with overrides from the command line. */
export async function readSettings(path: string, overrides: readonly string[] = []): Promise<Settings> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(path, 'a settings file', 'none', 'Check the path given to --config.');
  });
  const tree = (parse(text) ?? {}) as Record<string, unknown>;
  for (const assignment of overrides) override(tree, assignment);
  const result = schemas[Object.keys(tree.MODEL ?? {}).includes('ENCODERS') ? 'frozen' : 'new'].safeParse(tree);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path: at, message }) => `  ${at.join('.') || 'file'}: ${message}`);
  throw new UsageError(
    path,
    'known keys with fitting values',
    `\n${faults.join('\n')}\n`,
    'Correct the file or --set.',
  );
}

type EncoderConfig = Pick<ModelConfig, 'vision' | 'text' | 'preprocessing'>;

/** Encoders as the settings describe them. */
export function encoderConfig(
  { IMAGE, TEXT, OUTPUT_DIM }: z.infer<typeof newEncoders>,
  vocabulary: number,
): EncoderConfig {
  return {
    vision: {
      imageSize: IMAGE.SIZE,
      patch: IMAGE.PATCH,
      stem: IMAGE.STEM,
      width: IMAGE.WIDTH,
      layers: IMAGE.LAYERS,
      heads: IMAGE.HEADS,
      mlpWidth: IMAGE.MLP_DIM,
      outputs: OUTPUT_DIM,
      activation: 'quick-gelu',
      epsilon: 1e-5,
      patchBias: true,
      preNorm: true,
      dense: 'tokens',
    },
    text: {
      kind: 'clip',
      vocabulary,
      context: TEXT.CONTEXT,
      width: TEXT.WIDTH,
      layers: TEXT.LAYERS,
      heads: TEXT.HEADS,
      mlpWidth: TEXT.MLP_DIM,
      outputs: OUTPUT_DIM,
    },
    preprocessing: { channelOrder: 'bgr', mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
  };
}

/** The model that the settings describe, on these encoders. */
export const modelConfig = ({ MODEL }: Settings, { vision, text, preprocessing }: EncoderConfig): ModelConfig => ({
  vision,
  text,
  adapters: {
    width: MODEL.ADAPTER_DIM,
    layers: MODEL.LAYERS,
    beta: MODEL.BETA,
    gate: MODEL.GATE_INIT,
    maskPadding: MODEL.MASK_PADDING,
  },
  upscaleBlocks: MODEL.NUM_UPSCALE,
  preprocessing,
});

/** The training that the settings describe. */
export const trainingPlan = ({ SEED, TRAIN }: Settings): TrainingPlan => ({
  epochs: TRAIN.NUM_EPOCHS,
  seed: SEED,
  learningRate: TRAIN.LEARNING_RATE,
  minimumLearningRate: TRAIN.MIN_LEARNING_RATE,
  schedule: TRAIN.SCHEDULE,
  warmupSteps: TRAIN.WARMUP_STEPS,
  weightDecay: TRAIN.WEIGHT_DECAY,
  beta2: TRAIN.BETA2,
  clipNorm: TRAIN.CLIP_NORM,
  loss: { dice: TRAIN.DICE, temperature: TRAIN.TEMPERATURE },
  microBatch: TRAIN.MICRO_BATCH,
  recompute: TRAIN.RECOMPUTE,
  textDropout: TRAIN.TEXT_DROPOUT,
  patience: TRAIN.PATIENCE,
});
