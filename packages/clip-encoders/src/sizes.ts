// The sizes of a pair of towers, told by the shapes in a file.
import type { KeyRule, TensorFile } from '@medclipseg/weights';
import { UnknownWeightsError } from './errors.ts';
import { type FamilyName, families } from './families.ts';
import type { TextConfig } from './text-tower.ts';
import type { VisionConfig } from './vision.ts';

/** Channels per attention head in every published tower. */
const HEAD = 64;

export interface TowerConfigs {
  readonly vision: VisionConfig;
  readonly text: TextConfig;
}

/** Shapes in a file by our names. */
class Shapes {
  constructor(
    private readonly tensors: TensorFile['tensors'],
    private readonly rules: readonly KeyRule[],
  ) {}

  /** As stored, block or layer 0 where the name has a placeholder. */
  of(parameter: string): readonly number[] {
    for (const rule of this.rules)
      if (rule.parameter === parameter)
        for (const name of [rule.key].flat()) {
          const info = this.tensors.get(name.replace('{i}', '0'));
          if (info) return info.shape;
        }
    throw new UnknownWeightsError(`a tensor for '${parameter}'`, `${this.tensors.size} others`);
  }

  /** Widths `[inputs, outputs]` of a linear map, which PyTorch stores the other way round and CLIP's bare projections do not. */
  linear(parameter: string): readonly [number, number] {
    const [first, second] = this.of(parameter) as [number, number];
    return this.rules.find((rule) => rule.parameter === parameter)?.layout === 'linear'
      ? [second, first]
      : [first, second];
  }

  /** The number of parameters with this name, which has a placeholder. */
  count(parameter: string): number {
    const names = [this.rules.find((rule) => rule.parameter === parameter)?.key ?? []].flat();
    let count = 0;
    while (names.some((name) => this.tensors.has(name.replace('{i}', `${count}`)))) count++;
    return count;
  }
}

/**
 * What the towers in a file look like: the family's constants, as MedCLIPSeg runs it, and sizes from the shapes. Heads are 64 wide.
 *
 * @param keys rules of the file's layout
 */
export function towerConfigs(family: FamilyName, { tensors }: TensorFile, keys: readonly KeyRule[]): TowerConfigs {
  const { vision, textKind, context } = families[family];
  const shapes = new Shapes(tensors, keys);
  const [width, , , patch] = shapes.of('vision.patch.weight') as [number, number, number, number];
  const places = shapes.of('vision.positions').at(-2) as number;
  const [vocabulary, textWidth] = shapes.of('text.words') as [number, number];
  const positions = shapes.of('text.positions')[0] as number;
  const bert = textKind === 'bert';
  const [up, norm, end] = bert
    ? (['text.layers.{i}.up.weight', 'text.layers.{i}.outputNorm.weight', 'text.projection.down.weight'] as const)
    : (['text.blocks.{i}.mlp.up.weight', 'text.blocks.{i}.norm1.weight', 'text.projection.weight'] as const);
  return {
    vision: {
      ...vision,
      imageSize: patch * Math.round(Math.sqrt(places - 1)),
      patch,
      width,
      layers: shapes.count('vision.blocks.{i}.norm1.weight'),
      heads: width / HEAD,
      mlpWidth: shapes.linear('vision.blocks.{i}.mlp.up.weight')[1],
      outputs: shapes.linear('vision.projection.weight')[1],
    },
    text: {
      kind: textKind,
      vocabulary,
      context: Math.min(context, positions),
      width: textWidth,
      layers: shapes.count(norm),
      heads: textWidth / HEAD,
      mlpWidth: shapes.linear(up)[1],
      outputs: shapes.linear(end)[1],
      ...(bert && { positions, projectionWidth: shapes.linear('text.projection.up.weight')[1] }),
    },
  };
}
