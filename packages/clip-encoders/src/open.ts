// CLIP from a weight file, whoever published it: the family and layout by its names, the sizes by its shapes.
import { assemble, constantInit, shapesOf } from '@medclipseg/nn';
import { type KeyRule, readMapped, type TensorFile, type TensorValue, unwrapped } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { UnknownWeightsError } from './errors.ts';
import { type Family, type FamilyName, families } from './families.ts';
import { roundToHalf } from './half.ts';
import type { WeightLayout } from './keys/layouts.ts';
import { type TowerConfigs, towerConfigs } from './sizes.ts';
import { textSpec } from './text.ts';
import type { TextParameters } from './text-tower.ts';
import { type VisionParameters, visionSpec } from './vision.ts';

export interface ClipConfig extends TowerConfigs {
  readonly family: FamilyName;
}

export interface ClipParameters {
  readonly vision: VisionParameters;
  readonly text: TextParameters;
  /** Scalar: logarithm of the factor on the similarities. */
  readonly logitScale: tf.Tensor;
}

export interface Clip {
  readonly config: ClipConfig;
  /** The caller's to dispose (`disposeParameters`). */
  readonly parameters: ClipParameters;
}

/** A part of a file that holds a pair of towers, and how. */
export interface FoundTowers {
  readonly family: FamilyName;
  readonly layout: WeightLayout;
  /** The file below the prefix under which the weights lie. */
  readonly weights: TensorFile;
}

/** Tensors that tell the layouts from each other. */
const MARKERS = ['vision.classToken', 'vision.patch.weight', 'text.words', 'text.positions'];

const logitScale: KeyRule = { parameter: 'logitScale', key: ['logit_scale', 'clip_model.logit_scale'] };
/** What lies in MedCLIPSeg's checkpoints beside the towers. */
const trained = /^(pvl_adapters|upscale|mask_head)\./;

const layoutsOf = ({ keys, ignored, makers }: Family): readonly WeightLayout[] => [
  { keys, ignored: [...ignored, trained] },
  ...makers,
];

const fits = ({ tensors }: TensorFile, { keys }: WeightLayout): boolean =>
  MARKERS.every((parameter) =>
    keys.some((rule) => rule.parameter === parameter && [rule.key].flat().some((name) => tensors.has(name))),
  );

/**
 * Which family's towers a file holds.
 *
 * @param family needed for `pubmedclip` alone, whose files look like `clip`'s
 * @throws UnknownWeightsError if it holds none
 */
export function findTowers(file: TensorFile, family?: FamilyName): FoundTowers {
  const names = family ? [family] : (Object.keys(families) as FamilyName[]);
  const candidates = unwrapped(file);
  for (const name of names)
    for (const layout of layoutsOf(families[name]))
      for (const weights of candidates) if (fits(weights, layout)) return { family: name, layout, weights };
  const first = [...file.tensors.keys()].slice(0, 3).map((name) => `'${name}'`);
  throw new UnknownWeightsError(`the towers of ${names.join(', ')}`, `tensors such as ${first.join(', ') || 'none'}`);
}

const specOf = ({ vision, text }: TowerConfigs) => ({
  vision: visionSpec(vision),
  text: textSpec(text),
  logitScale: { shape: [], init: constantInit(Math.log(1 / 0.07)) },
});

/**
 * Opens a pair of towers. Strict: no tensor may be missing, left over or of another shape. Apart from the parameters, only one tensor of the
 * file is in memory at a time.
 *
 * @param options.family needed for `pubmedclip` alone, whose files look like `clip`'s
 * @throws UnknownWeightsError if the file holds no towers
 * @throws KeyMismatchError if it holds other tensors than they need
 */
export async function openClip(file: TensorFile, options: { readonly family?: FamilyName } = {}): Promise<Clip> {
  const { family, layout, weights } = findTowers(file, options.family);
  const config: ClipConfig = { family, ...towerConfigs(family, weights, layout.keys) };
  const spec = specOf(config);
  const { halved }: Family = families[family];
  const made: tf.Tensor[] = [];
  const upload = ({ shape, data }: TensorValue, name: string) => {
    const tensor = tf.tensor(halved?.test(name) ? roundToHalf(data) : data, [...shape]);
    made.push(tensor);
    return tensor;
  };
  try {
    const expected = shapesOf(spec);
    const keys = [...layout.keys, logitScale];
    const tensors = await readMapped(weights, keys, expected, { ignore: layout.ignored }, upload);
    return { config, parameters: assemble(spec, tensors) as unknown as ClipParameters };
  } catch (error) {
    tf.dispose(made);
    throw error;
  }
}
