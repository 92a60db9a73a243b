// Settings files: ours, the published program's, and what is said about slips.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { families } from '@medclipseg/clip-encoders';
import { PROMPT_DESIGNS } from '@medclipseg/datasets/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { PROTOCOLS } from '../commands/experiment/protocols.ts';
import { trainingPlan } from './plan.ts';
import { encoderSources } from './published.ts';
import { readSettings } from './read.ts';

/** A file with the published keys, as a published dataset's is. */
const PUBLISHED = `
DATASET:
  NAME: "Kvasir"
  TRAIN_PATH: "data/Kvasir/Train_Folder/"
  VAL_PATH: "data/Kvasir/Val_Folder/"
  TEST_PATH: "data/Kvasir/Test_Folder/"
  TEXT_PROMPT_PATH: "data/Kvasir/Prompts_Folder/"
  SIZE: 224
TRAIN:
  BATCH_SIZE: 24
  NUM_EPOCHS: 100
  LEARNING_RATE: 0.0003
TEST:
  NUM_SAMPLES: 30
  USE_LATEST: True
MODEL:
  CLIP_MODEL: unimedclip
  BACKBONE: "ViT-B/16"
  ADAPTER_DIM: 256
  NUM_UPSCALE: 2
  BETA: 2.35
  GATE_INIT: 0.0
  LAYERS: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  TEMPERATURE: 0.2
  DEVICE: "cuda"
`;

let folder = '';
let published = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'));
  published = await file(PUBLISHED);
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function file(text: string): Promise<string> {
  const path = join(folder, `${files++}.yaml`);
  await writeFile(path, text);
  return path;
}

describe('a published file', () => {
  it('gives the published training, and reports what has no meaning here', async () => {
    const notices: string[] = [];
    const settings = await readSettings(published, [], (text) => notices.push(text));
    expect(settings).toMatchObject({ NAME: 'Kvasir', SEED: 666, TEST: { NUM_SAMPLES: 30 } });
    expect(settings.MODEL).toEqual({
      ENCODERS: 'TahaKoleilat/MedCLIPSeg/checkpoints/unimed_clip_vit_b16.pt',
      TOKENIZER: 'microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract/vocab.txt',
      ADAPTER_DIM: 256,
      LAYERS: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      BETA: 2.35,
      GATE_INIT: 0,
      NUM_UPSCALE: 2,
      MASK_PADDING: false,
    });
    expect(trainingPlan(settings)).toMatchObject({
      epochs: 100,
      learningRate: 3e-4,
      minimumLearningRate: 1e-4,
      schedule: 'epoch',
      weightDecay: 0,
      textDropout: 0.1,
      loss: { dice: 'row', temperature: 0.2, diceWeight: 0.5, crossEntropyWeight: 0.5, contrastiveWeight: 0.1 },
    });
    expect(settings.TRAIN).toMatchObject({ BATCH_SIZE: 24, AUGMENT: ['rotation'] });
    expect(notices.map((text) => text.slice(published.length + 2))).toEqual([
      'DATASET.TRAIN_PATH is not used; the images come from --data',
      'DATASET.VAL_PATH is not used; the images come from --data',
      'DATASET.TEST_PATH is not used; the images come from --data',
      'DATASET.TEXT_PROMPT_PATH is not used; the prompts come from --data',
      'MODEL.DEVICE is not used; the backend comes from --backend',
      'TEST.USE_LATEST is not used; test takes the checkpoint that --checkpoint names, of a folder the best',
    ]);
    // The settings saved with the checkpoints can be read again.
    expect(await readSettings(await file(stringify(settings)))).toEqual(settings);
  });

  it('takes other encoders, by family or by file, and keys of ours', async () => {
    const model = async (...set: string[]) => (await readSettings(published, set)).MODEL;
    expect(await model('MODEL.CLIP_MODEL=pubmedclip', 'MODEL.BACKBONE=ViT-B/32')).toMatchObject({
      ENCODERS: 'TahaKoleilat/MedCLIPSeg/checkpoints/PubMedCLIP_ViT32.pth',
      FAMILY: 'pubmedclip',
    });
    expect(await model('MODEL.ENCODERS=weights/unimed.pt')).toMatchObject({ ENCODERS: 'weights/unimed.pt' });
    expect((await model('MODEL.ENCODERS=weights/unimed.pt')) as object).not.toHaveProperty('TOKENIZER');
    const { TRAIN } = await readSettings(published, ['TRAIN.TEMPERATURE=0.1', 'TRAIN.TEXT_DROPOUT=0']);
    expect(TRAIN).toMatchObject({ TEMPERATURE: 0.1, TEXT_DROPOUT: 0 });
    const clip = await readSettings(published, ['MODEL.CLIP_MODEL=clip']);
    expect(clip.TRAIN.TEXT_DROPOUT).toBeUndefined();
  });

  it.each([
    [
      'MODEL.CLIP_MODEL=unimedklip',
      /MODEL.CLIP_MODEL: expected unimedclip, biomedclip, clip, pubmedclip, got 'unimedkl/,
    ],
    ['MODEL.BACKBONE=ViT-L/14', /MODEL.BACKBONE: expected ViT-B\/16, .* got 'ViT-L\/14'/],
    ['DATASET.SIZE=256', /DATASET.SIZE: expected 224, the size of the encoders, got 256/],
    ['MODEL.LAYERS=[-1]', /MODEL.LAYERS.0: .*, got -1/],
  ])('refuses %s', async (set, message) => {
    await expect(readSettings(published, [set])).rejects.toThrow(message);
  });

  it('without a TRAIN section is trained as published', async () => {
    const path = await file(PUBLISHED.replace(/TRAIN:\n( {2}.*\n)+(?=TEST:)/, ''));
    expect((await readSettings(path)).TRAIN).toEqual((await readSettings(published)).TRAIN);
  });
});

describe('--set', () => {
  it.each([
    ['TRAIN.NUM_EPOCH=3', /--set TRAIN.NUM_EPOCH: .*did you mean TRAIN.NUM_EPOCHS\?/],
    ['TRAIN.NUM_SAMPLES=3', /did you mean TEST.NUM_SAMPLES\?/],
    ['TRIAN.BATCH_SIZE=3', /did you mean TRAIN.BATCH_SIZE\?/],
    ['__proto__.polluted=1', /--set __proto__.polluted: expected a known key/],
    ['TRAIN=1', /A section is set key by key/],
    ['TRAIN.NUM_EPOCHS', /--set: expected KEY.SUB=value/],
    ['TRAIN.NUM_EPOCHS=many', /TRAIN.NUM_EPOCHS: Invalid input: expected \w+, got "many"/],
    ['TRAIN.NUM_EPOCHS=1.5', /TRAIN.NUM_EPOCHS: .*expected int, got 1.5/],
    ['TRAIN.DICE=rows', /TRAIN.DICE: .*"row"\|"region".*, got "rows"/],
    ['TRAIN.AUGMENT=[', /--set TRAIN.AUGMENT: expected YAML/],
  ])('refuses %s', async (set, message) => {
    await expect(readSettings(published, [set])).rejects.toThrow(message);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('sets numbers, words, lists and switches', async () => {
    const set = ['TRAIN.RECOMPUTE=true', 'TRAIN.MICRO_BATCH=4', 'MODEL.LAYERS=[1, 3]', 'TRAIN.DICE=region'];
    const settings = await readSettings(published, [...set, 'TRAIN.PATIENCE=5', 'NAME=mine']);
    expect(trainingPlan(settings)).toMatchObject({ recompute: true, microBatch: 4, patience: 5 });
    expect(settings.MODEL.LAYERS).toEqual([1, 3]);
    expect(settings.NAME).toBe('mine');
  });
});

it('every mistake in a file is reported', async () => {
  const path = await file('NAME: x\nMODEL: { ENCODERS: mini, LAYER: [1] }\nTRAIN: { EPOCHS: 3, SEED: 1 }\n');
  await expect(readSettings(path)).rejects.toThrow(
    /MODEL.LAYERS: .*got nothing\n.*MODEL.LAYER: no such key; did you mean MODEL.LAYERS\?\n.*TRAIN.EPOCHS: no such key; did you mean TRAIN.NUM_EPOCHS\?\n.*TRAIN.SEED: no such key; did you mean SEED\?/,
  );
  await expect(readSettings(await file('- 1'))).rejects.toThrow(/expected sections of settings/);
  await expect(readSettings(await file('NAME: x\nMODEL: {}'))).rejects.toThrow(/ENCODERS or CLIP_MODEL, or IMAGE/);
  await expect(readSettings(await file('a: [1'))).rejects.toThrow(/expected YAML/);
});

it('what the command knows without loading a package is what the packages say', () => {
  expect(PROTOCOLS['prompt-designs'].designs).toEqual(PROMPT_DESIGNS);
  for (const [name, { textKind }] of Object.entries(families))
    expect(encoderSources(name)).toContain(`TRAIN.TEXT_DROPOUT=${textKind === 'bert' ? 0.1 : 0}`);
});
