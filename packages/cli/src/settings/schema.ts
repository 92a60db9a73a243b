// Every key of the settings file, with what fits it.
import { families } from '@medclipseg/clip-encoders';
import { augmentations } from '@medclipseg/datasets';
import { PVL_PARTS } from '@medclipseg/pvl-attention';
import { z } from 'zod';

const count = z.int().positive();
const weight = z.number().nonnegative();
const names = <T extends object>(table: T) => z.enum(Object.keys(table) as [keyof T & string]);

/** Adapters and decoder. */
const trainedPart = {
  ADAPTER_DIM: count.default(256),
  /** Blocks that follow an adapter; none leaves the adapters out. */
  LAYERS: z.array(z.int().nonnegative()),
  BETA: z.number().default(2.35),
  GATE_INIT: z.number().default(0),
  NUM_UPSCALE: count.default(2),
  /** Adds maps of the encoder's convolutional stem to the upscaled maps. */
  SKIPS: z.boolean().optional(),
  MASK_PADDING: z.boolean().default(false),
  /** Parts of the adapters that an ablation leaves out. */
  WITHOUT: z.array(z.enum(PVL_PARTS)).optional(),
};

/** Encoders that learn as well, from nothing. */
export const newEncoders = z.strictObject({
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

/** Encoders of another file, which stay as they are. */
const frozenEncoders = z.strictObject({
  /** A checkpoint, a published one, or the encoders' own file: `mini`, a path, an address, or `owner/name/file` on the model hub. */
  ENCODERS: z.string(),
  /** If it is not next to them. */
  TOKENIZER: z.string().optional(),
  /** If the tensor names do not identify it: pubmedclip. */
  FAMILY: names(families).optional(),
  /** On the model hub. */
  REVISION: z.string().optional(),
  ...trainedPart,
});

const schemaOf = <M extends z.ZodType>(model: M) =>
  z.strictObject({
    NAME: z.string(),
    SEED: z.int().nonnegative().default(666),
    MODEL: model,
    TRAIN: z
      .strictObject({
        BATCH_SIZE: count.default(24),
        /** Percentage of the training and validation images; the sheets of 10, 25 and 50 belong to the dataset. */
        DATA_PERCENTAGE: z.literal([10, 25, 50, 100]).default(100),
        NUM_EPOCHS: count.default(100),
        LEARNING_RATE: z.number().positive().default(3e-4),
        MIN_LEARNING_RATE: z.number().nonnegative().default(1e-4),
        SCHEDULE: z.enum(['epoch', 'step']).default('epoch'),
        WARMUP_STEPS: z.int().nonnegative().default(0),
        WEIGHT_DECAY: weight.default(0),
        BETA2: z.number().positive().default(0.999),
        CLIP_NORM: z.number().positive().optional(),
        DICE: z.enum(['row', 'region']).default('row'),
        DICE_WEIGHT: weight.default(0.5),
        CE_WEIGHT: weight.default(0.5),
        CLIP_WEIGHT: weight.default(0.1),
        TEMPERATURE: z.number().positive().default(0.2),
        /** Of the contrastive loss: soft as published or as the paper writes them, or hard. */
        TARGETS: z.enum(['published', 'paper', 'hard']).default('published'),
        AUGMENT: z.array(names(augmentations)).default(['rotation']),
        /** Images that are differentiated at a time; the gradients are the batch's. */
        MICRO_BATCH: count.optional(),
        RECOMPUTE: z.boolean().default(false),
        TEXT_DROPOUT: z.number().min(0).lt(1).optional(),
        /** Epochs without a better validation Dice after which the training ends. */
        PATIENCE: count.optional(),
        KEEP_CHECKPOINTS: count.default(1),
        /** Also writes a checkpoint after this number of steps. */
        CHECKPOINT_STEPS: count.optional(),
        /** Checkpoints hold frozen encoders as well, instead of their name. */
        WHOLE_CHECKPOINTS: z.boolean().default(false),
      })
      .prefault({}),
    TEST: z.strictObject({ NUM_SAMPLES: z.int().nonnegative().default(30) }).prefault({}),
  });

export const schemas = { new: schemaOf(newEncoders), frozen: schemaOf(frozenEncoders) };

export type Settings = z.infer<(typeof schemas)[keyof typeof schemas]>;

/** The object inside a schema that may also be missing. */
const unwrapped = (schema: unknown): unknown =>
  schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
    ? unwrapped(schema.unwrap())
    : schema;

/** The dotted names of all values of a schema. */
export function keysOf(schema: unknown, path = ''): string[] {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodObject)) return [path];
  return Object.entries(inner.shape).flatMap(([key, child]) => keysOf(child, path === '' ? key : `${path}.${key}`));
}
