// The sizes of the encoders in a file, from the shapes of its tensors.
import type { KeyRule, TensorFile } from '@medclipseg/weights';
import { UnknownWeightsError } from './errors.ts';
import { type FamilyName, families } from './families.ts';
import type { TextConfig } from './text-tower.ts';
import type { VisionConfig } from './vision.ts';

/** Channels per attention head in every published encoder. */
const HEAD_WIDTH = 64;

export interface EncoderConfigs {
  readonly vision: VisionConfig;
  readonly text: TextConfig;
}

/** Shapes of a file's tensors by our names. */
class Shapes {
  constructor(
    private readonly tensors: TensorFile['tensors'],
    private readonly rules: readonly KeyRule[],
  ) {}

  /** The stored shape; for a name with a placeholder, that of block or layer 0. */
  of(parameter: string): readonly number[] {
    for (const rule of this.rules)
      if (rule.parameter === parameter)
        for (const name of [rule.key].flat()) {
          const info = this.tensors.get(name.replace('{i}', '0'));
          if (info) return info.shape;
        }
    throw new UnknownWeightsError(`a tensor for '${parameter}'`, `${this.tensors.size} others`);
  }

  /** Widths `[inputs, outputs]` of a linear layer. PyTorch stores it transposed; CLIP's projections are not. */
  linear(parameter: string): readonly [number, number] {
    const [first, second] = this.of(parameter) as [number, number];
    return this.rules.find((rule) => rule.parameter === parameter)?.layout === 'linear'
      ? [second, first]
      : [first, second];
  }

  /** The number of tensors called `parameter`, a name with a placeholder. */
  count(parameter: string): number {
    const names = [this.rules.find((rule) => rule.parameter === parameter)?.key ?? []].flat();
    let count = 0;
    while (names.some((name) => this.tensors.has(name.replace('{i}', `${count}`)))) count++;
    return count;
  }
}

function headsOf(width: number): number {
  if (width % HEAD_WIDTH === 0) return width / HEAD_WIDTH;
  throw new UnknownWeightsError(`a width divisible by ${HEAD_WIDTH}`, `${width}`);
}

function squareSide(patches: number): number {
  const side = Math.round(Math.sqrt(patches));
  if (side > 0 && side * side === patches) return side;
  throw new UnknownWeightsError('positions of a square of patches and a class token', `${patches + 1} positions`);
}

/**
 * Configurations of the encoders in a file: constants of the family, sizes from the shapes, 64 channels per head.
 *
 * @param keys rules of the file's layout
 * @throws UnknownWeightsError for sizes that no such encoder has
 */
export function encoderConfigs(family: FamilyName, { tensors }: TensorFile, keys: readonly KeyRule[]): EncoderConfigs {
  const { vision, textKind, context } = families[family];
  const shapes = new Shapes(tensors, keys);
  const [width, , , patch] = shapes.of('vision.patch.weight') as [number, number, number, number];
  const patches = (shapes.of('vision.positions').at(-2) as number) - 1;
  const [vocabulary, textWidth] = shapes.of('text.words') as [number, number];
  const positions = shapes.of('text.positions')[0] as number;
  const bert = textKind === 'bert';
  const [up, norm, projection] = bert
    ? (['text.layers.{i}.up.weight', 'text.layers.{i}.outputNorm.weight', 'text.projection.down.weight'] as const)
    : (['text.blocks.{i}.mlp.up.weight', 'text.blocks.{i}.norm1.weight', 'text.projection.weight'] as const);
  return {
    vision: {
      ...vision,
      imageSize: patch * squareSide(patches),
      patch,
      width,
      layers: shapes.count('vision.blocks.{i}.norm1.weight'),
      heads: headsOf(width),
      mlpWidth: shapes.linear('vision.blocks.{i}.mlp.up.weight')[1],
      outputs: shapes.linear('vision.projection.weight')[1],
    },
    text: {
      kind: textKind,
      vocabulary,
      context: Math.min(context, positions),
      width: textWidth,
      layers: shapes.count(norm),
      heads: headsOf(textWidth),
      mlpWidth: shapes.linear(up)[1],
      outputs: shapes.linear(projection)[1],
      ...(bert && { positions, projectionWidth: shapes.linear('text.projection.up.weight')[1] }),
    },
  };
}
