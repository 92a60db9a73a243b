// Opens CLIP from any published weight file: family and layout follow from the names, sizes from the shapes.
import { assemble, constantInit, shapesOf } from '@medclipseg/nn';
import { type KeyRule, readMapped, type TensorFile, type TensorValue, unwrapped } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { InputError, UnknownWeightsError } from './errors.ts';
import { type Family, type FamilyName, families } from './families.ts';
import type { WeightLayout } from './keys/layouts.ts';
import { type EncoderConfigs, encoderConfigs } from './sizes.ts';
import { textSpec } from './text.ts';
import type { TextParameters } from './text-tower.ts';
import { type VisionParameters, visionSpec } from './vision.ts';

export interface ClipConfig extends EncoderConfigs {
  readonly family: FamilyName;
}

export interface ClipParameters {
  readonly vision: VisionParameters;
  readonly text: TextParameters;
  /** Scalar: logarithm of the scale of the similarities. */
  readonly logitScale: tf.Tensor;
}

export interface Clip {
  readonly config: ClipConfig;
  /** The caller disposes them with `disposeParameters`. */
  readonly parameters: ClipParameters;
}

/** The part of a file that contains an image and a text encoder, and its layout. */
export interface FoundEncoders {
  readonly family: FamilyName;
  readonly layout: WeightLayout;
  /** The encoders' tensors without wrappers and prefixes. */
  readonly weights: TensorFile;
}

/** Tensors by which the layouts are distinguished. */
const MARKERS = ['vision.classToken', 'vision.patch.weight', 'text.words', 'text.positions'];

const logitScale: KeyRule = { parameter: 'logitScale', key: ['logit_scale', 'clip_model.logit_scale'] };
/** Tensors in MedCLIPSeg's checkpoints that are not part of the encoders. */
const otherParts = /^(pvl_adapters|upscale|mask_head)\./;

const layoutsOf = ({ keys, ignored, originalLayouts }: Family): readonly WeightLayout[] => [
  { keys, ignored: [...ignored, otherParts] },
  ...originalLayouts,
];

const fits = ({ tensors }: TensorFile, { keys }: WeightLayout): boolean =>
  MARKERS.every((parameter) =>
    keys.some((rule) => rule.parameter === parameter && [rule.key].flat().some((name) => tensors.has(name))),
  );

/**
 * Finds the encoders in a file, and their family.
 *
 * @param family required only for `pubmedclip`, whose files look like those of `clip`
 * @throws UnknownWeightsError if the file contains no encoders
 */
export function findEncoders(file: TensorFile, family?: FamilyName): FoundEncoders {
  const all = Object.keys(families) as FamilyName[];
  if (family !== undefined && !all.includes(family))
    throw new InputError('family', all.join(', '), `'${family}'`, 'Choose one of them.');
  const names = family ? [family] : all;
  const candidates = unwrapped(file);
  for (const name of names)
    for (const layout of layoutsOf(families[name]))
      for (const weights of candidates) if (fits(weights, layout)) return { family: name, layout, weights };
  const first = [...file.tensors.keys()].slice(0, 3).map((name) => `'${name}'`);
  throw new UnknownWeightsError(`the encoders of ${names.join(', ')}`, `tensors such as ${first.join(', ') || 'none'}`);
}

const specOf = ({ vision, text }: EncoderConfigs) => ({
  vision: visionSpec(vision),
  text: textSpec(text),
  logitScale: { shape: [], init: constantInit(Math.log(1 / 0.07)) },
});

/** Rounds each value to the nearest half-precision number, ties to even. Values beyond 65504 become infinite. */
export function roundToHalf(values: Float32Array): Float32Array {
  return values.map((value) => {
    const size = Math.abs(value);
    if (size >= 65520) return value * Number.POSITIVE_INFINITY;
    // 10 bits after the leading one; below the smallest normal number, a fixed grid of 2⁻²⁴.
    const grid = 2 ** (Math.max(-14, Math.floor(Math.log2(size))) - 10);
    return roundToEven(value / grid) * grid;
  });
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Opens the encoders in a weight file. Strict: no tensor may be missing, unknown or of another shape. Apart from the parameters, only one
 * tensor of the file is in memory at a time.
 *
 * @param options.upload makes the tensors; default: on the current backend
 * @param options.family required only for `pubmedclip`, whose files look like those of `clip`
 * @throws UnknownWeightsError if the file contains no encoders
 * @throws KeyMismatchError if its tensors are not those of the encoders
 *
 * @example
 * ```ts
 * const file = await openTensorFile('open_clip_pytorch_model.bin');
 * const clip = await openClip(file);
 * console.log(clip.config.family, clip.config.vision.layers); // biomedclip 12
 * await file.close();
 * disposeParameters(clip.parameters);
 * ```
 */
export async function openClip(
  file: TensorFile,
  options: { readonly family?: FamilyName; readonly upload?: (value: TensorValue) => tf.Tensor } = {},
): Promise<Clip> {
  const { family, layout, weights } = findEncoders(file, options.family);
  const config: ClipConfig = { family, ...encoderConfigs(family, weights, layout.keys) };
  const spec = specOf(config);
  const { halfPrecision }: Family = families[family];
  const { upload: make = ({ shape, data }: TensorValue) => tf.tensor(data, [...shape]) } = options;
  const made: tf.Tensor[] = [];
  const upload = ({ shape, data }: TensorValue, name: string) => {
    const tensor = make({ shape, data: halfPrecision?.test(name) ? roundToHalf(data) : data });
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
