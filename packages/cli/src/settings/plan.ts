// What the settings mean: the model and the training.
import type { ModelConfig } from 'medclipseg';
import type { TrainingPlan } from 'medclipseg/training';
import type { z } from 'zod';
import type { newEncoders, Settings } from './schema.ts';

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
    ...(MODEL.WITHOUT && MODEL.WITHOUT.length > 0 && { without: MODEL.WITHOUT }),
  },
  upscaleBlocks: MODEL.NUM_UPSCALE,
  ...(MODEL.SKIPS && { skips: true }),
  preprocessing,
});

/** The training that the settings describe. */
export const trainingPlan = ({ SEED, TRAIN }: Settings): TrainingPlan => ({
  epochs: TRAIN.NUM_EPOCHS,
  seed: SEED,
  learningRate: TRAIN.LEARNING_RATE,
  minimumLearningRate: TRAIN.MIN_LEARNING_RATE,
  batchSize: TRAIN.BATCH_SIZE,
  augment: TRAIN.AUGMENT,
  schedule: TRAIN.SCHEDULE,
  warmupSteps: TRAIN.WARMUP_STEPS,
  weightDecay: TRAIN.WEIGHT_DECAY,
  beta2: TRAIN.BETA2,
  clipNorm: TRAIN.CLIP_NORM,
  loss: {
    dice: TRAIN.DICE,
    diceWeight: TRAIN.DICE_WEIGHT,
    crossEntropyWeight: TRAIN.CE_WEIGHT,
    contrastiveWeight: TRAIN.CLIP_WEIGHT,
    temperature: TRAIN.TEMPERATURE,
    ...(TRAIN.TARGETS !== 'published' && { targets: TRAIN.TARGETS }),
  },
  microBatch: TRAIN.MICRO_BATCH,
  recompute: TRAIN.RECOMPUTE,
  textDropout: TRAIN.TEXT_DROPOUT,
  patience: TRAIN.PATIENCE,
});
