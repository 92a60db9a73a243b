// Names and layouts of the encoders' tensors in each published format.
import type { KeyRule } from '@medclipseg/weights';

/** Adds prefixes to both names of each rule. Several key prefixes make aliases, all of which are written. */
export function withPrefixes(
  rules: readonly KeyRule[],
  parameterPrefix: string,
  ...keyPrefixes: readonly string[]
): readonly KeyRule[] {
  return rules.map((rule) => ({
    ...rule,
    parameter: parameterPrefix + rule.parameter,
    key: keyPrefixes.flatMap((prefix) => [rule.key].flat().map((key) => prefix + key)),
  }));
}

/** A weight and its bias in the layout of `torch.nn.Linear`. */
const linear = (parameter: string, key: string, bias = true): KeyRule[] => [
  { parameter: `${parameter}.weight`, key: `${key}.weight`, layout: 'linear' },
  ...(bias ? [{ parameter: `${parameter}.bias`, key: `${key}.bias` }] : []),
];

const norm = (parameter: string, key: string): KeyRule[] => [
  { parameter: `${parameter}.weight`, key: `${key}.weight` },
  { parameter: `${parameter}.bias`, key: `${key}.bias` },
];

/** Query, key and value stacked in one tensor. */
const packed = (parameter: string, weight: string, bias: string): KeyRule[] =>
  ['query', 'key', 'value'].flatMap((name, part): KeyRule[] => [
    { parameter: `${parameter}.${name}.weight`, key: weight, layout: 'linear', part: [part, 3] },
    { parameter: `${parameter}.${name}.bias`, key: bias, part: [part, 3] },
  ]);

const clipBlocks = (key: string): KeyRule[] => [
  ...norm('blocks.{i}.norm1', `${key}.ln_1`),
  ...packed('blocks.{i}.attention', `${key}.attn.in_proj_weight`, `${key}.attn.in_proj_bias`),
  ...linear('blocks.{i}.attention.output', `${key}.attn.out_proj`),
  ...norm('blocks.{i}.norm2', `${key}.ln_2`),
  ...linear('blocks.{i}.mlp.up', `${key}.mlp.c_fc`),
  ...linear('blocks.{i}.mlp.down', `${key}.mlp.c_proj`),
];

/** OpenAI's and OpenCLIP's image encoder. */
const clipVision: readonly KeyRule[] = [
  { parameter: 'classToken', key: 'class_embedding' },
  { parameter: 'positions', key: 'positional_embedding' },
  { parameter: 'projection.weight', key: 'proj' },
  { parameter: 'patch.weight', key: 'conv1.weight', layout: 'patch' },
  ...norm('preNorm', 'ln_pre'),
  ...clipBlocks('transformer.resblocks.{i}'),
  ...norm('postNorm', 'ln_post'),
];

/** timm's Vision Transformer inside OpenCLIP. */
const timmVision: readonly KeyRule[] = [
  { parameter: 'classToken', key: 'trunk.cls_token', layout: 'squeeze-leading' },
  { parameter: 'positions', key: 'trunk.pos_embed', layout: 'squeeze-leading' },
  { parameter: 'patch.weight', key: 'trunk.patch_embed.proj.weight', layout: 'patch' },
  { parameter: 'patch.bias', key: 'trunk.patch_embed.proj.bias' },
  ...norm('blocks.{i}.norm1', 'trunk.blocks.{i}.norm1'),
  ...packed('blocks.{i}.attention', 'trunk.blocks.{i}.attn.qkv.weight', 'trunk.blocks.{i}.attn.qkv.bias'),
  ...linear('blocks.{i}.attention.output', 'trunk.blocks.{i}.attn.proj'),
  ...norm('blocks.{i}.norm2', 'trunk.blocks.{i}.norm2'),
  ...linear('blocks.{i}.mlp.up', 'trunk.blocks.{i}.mlp.fc1'),
  ...linear('blocks.{i}.mlp.down', 'trunk.blocks.{i}.mlp.fc2'),
  ...norm('postNorm', 'trunk.norm'),
  ...linear('projection', 'head.proj', false),
];

const clipText: readonly KeyRule[] = [
  { parameter: 'words', key: 'token_embedding.weight' },
  { parameter: 'positions', key: 'positional_embedding' },
  ...clipBlocks('transformer.resblocks.{i}'),
  ...norm('finalNorm', 'ln_final'),
  { parameter: 'projection.weight', key: 'text_projection' },
];

/** transformers' names of a BERT model. */
const bertEncoder: readonly KeyRule[] = [
  { parameter: 'words', key: 'embeddings.word_embeddings.weight' },
  { parameter: 'positions', key: 'embeddings.position_embeddings.weight' },
  { parameter: 'types', key: 'embeddings.token_type_embeddings.weight' },
  ...norm('embeddingNorm', 'embeddings.LayerNorm'),
  ...['query', 'key', 'value'].flatMap((name) =>
    linear(`layers.{i}.attention.${name}`, `encoder.layer.{i}.attention.self.${name}`),
  ),
  ...linear('layers.{i}.attention.output', 'encoder.layer.{i}.attention.output.dense'),
  ...norm('layers.{i}.attentionNorm', 'encoder.layer.{i}.attention.output.LayerNorm'),
  ...linear('layers.{i}.up', 'encoder.layer.{i}.intermediate.dense'),
  ...linear('layers.{i}.down', 'encoder.layer.{i}.output.dense'),
  ...norm('layers.{i}.outputNorm', 'encoder.layer.{i}.output.LayerNorm'),
];

/** BERT followed by OpenCLIP's projection. */
const bertText: readonly KeyRule[] = [
  ...withPrefixes(bertEncoder, '', 'transformer.'),
  ...linear('projection.up', 'proj.0', false),
  ...linear('projection.down', 'proj.2', false),
];

/** transformers' names of a block of either CLIP encoder. */
const transformersBlocks: readonly KeyRule[] = [
  ...norm('blocks.{i}.norm1', 'encoder.layers.{i}.layer_norm1'),
  ...(['query', 'key', 'value', 'output'] as const).flatMap((name) =>
    linear(`blocks.{i}.attention.${name}`, `encoder.layers.{i}.self_attn.${name === 'output' ? 'out' : name[0]}_proj`),
  ),
  ...norm('blocks.{i}.norm2', 'encoder.layers.{i}.layer_norm2'),
  ...linear('blocks.{i}.mlp.up', 'encoder.layers.{i}.mlp.fc1'),
  ...linear('blocks.{i}.mlp.down', 'encoder.layers.{i}.mlp.fc2'),
];

const transformersVision: readonly KeyRule[] = [
  { parameter: 'classToken', key: 'vision_model.embeddings.class_embedding' },
  { parameter: 'positions', key: 'vision_model.embeddings.position_embedding.weight' },
  { parameter: 'patch.weight', key: 'vision_model.embeddings.patch_embedding.weight', layout: 'patch' },
  // Misspelled in transformers.
  ...norm('preNorm', 'vision_model.pre_layrnorm'),
  ...withPrefixes(transformersBlocks, '', 'vision_model.'),
  ...norm('postNorm', 'vision_model.post_layernorm'),
  ...linear('projection', 'visual_projection', false),
];

const transformersText: readonly KeyRule[] = [
  { parameter: 'words', key: 'text_model.embeddings.token_embedding.weight' },
  { parameter: 'positions', key: 'text_model.embeddings.position_embedding.weight' },
  ...withPrefixes(transformersBlocks, '', 'text_model.'),
  ...norm('finalNorm', 'text_model.final_layer_norm'),
  ...linear('projection', 'text_projection', false),
];

/** Rules for each format, with names relative to the encoder's own prefix. */
export const encoderRules = {
  vision: { clip: clipVision, timm: timmVision, transformers: transformersVision },
  text: { clip: clipText, bert: bertText, transformers: transformersText },
} as const;
