// How each published weight layout names and stores what our towers call otherwise.
import type { KeyRule } from '@medclipseg/weights';

/** A weight and its bias, stored as `torch.nn.Linear` stores them. */
const linear = (ours: string, theirs: string, bias = true): KeyRule[] => [
  { ours: `${ours}.weight`, theirs: `${theirs}.weight`, layout: 'linear' },
  ...(bias ? [{ ours: `${ours}.bias`, theirs: `${theirs}.bias` }] : []),
];

const norm = (ours: string, theirs: string): KeyRule[] => [
  { ours: `${ours}.weight`, theirs: `${theirs}.weight` },
  { ours: `${ours}.bias`, theirs: `${theirs}.bias` },
];

/** Query, key and value stacked in one tensor. */
const packed = (ours: string, weight: string, bias: string): KeyRule[] =>
  ['query', 'key', 'value'].flatMap((name, part): KeyRule[] => [
    { ours: `${ours}.${name}.weight`, theirs: weight, layout: 'linear', part: [part, 3] },
    { ours: `${ours}.${name}.bias`, theirs: bias, part: [part, 3] },
  ]);

const clipBlocks = (theirs: string): KeyRule[] => [
  ...norm('blocks.{i}.norm1', `${theirs}.ln_1`),
  ...packed('blocks.{i}.attention', `${theirs}.attn.in_proj_weight`, `${theirs}.attn.in_proj_bias`),
  ...linear('blocks.{i}.attention.output', `${theirs}.attn.out_proj`),
  ...norm('blocks.{i}.norm2', `${theirs}.ln_2`),
  ...linear('blocks.{i}.mlp.up', `${theirs}.mlp.c_fc`),
  ...linear('blocks.{i}.mlp.down', `${theirs}.mlp.c_proj`),
];

/** OpenAI's and OpenCLIP's image tower. */
const clipVision: readonly KeyRule[] = [
  { ours: 'classToken', theirs: 'class_embedding' },
  { ours: 'positions', theirs: 'positional_embedding' },
  { ours: 'projection.weight', theirs: 'proj' },
  { ours: 'patch.weight', theirs: 'conv1.weight', layout: 'patch' },
  ...norm('preNorm', 'ln_pre'),
  ...clipBlocks('transformer.resblocks.{i}'),
  ...norm('postNorm', 'ln_post'),
];

/** timm's Vision Transformer inside OpenCLIP. */
const timmVision: readonly KeyRule[] = [
  { ours: 'classToken', theirs: 'trunk.cls_token', layout: 'squeeze-leading' },
  { ours: 'positions', theirs: 'trunk.pos_embed', layout: 'squeeze-leading' },
  { ours: 'patch.weight', theirs: 'trunk.patch_embed.proj.weight', layout: 'patch' },
  { ours: 'patch.bias', theirs: 'trunk.patch_embed.proj.bias' },
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
  { ours: 'words', theirs: 'token_embedding.weight' },
  { ours: 'positions', theirs: 'positional_embedding' },
  ...clipBlocks('transformer.resblocks.{i}'),
  ...norm('finalNorm', 'ln_final'),
  { ours: 'projection.weight', theirs: 'text_projection' },
];

const bertText: readonly KeyRule[] = [
  { ours: 'words', theirs: 'transformer.embeddings.word_embeddings.weight' },
  { ours: 'positions', theirs: 'transformer.embeddings.position_embeddings.weight' },
  { ours: 'types', theirs: 'transformer.embeddings.token_type_embeddings.weight' },
  ...norm('embeddingNorm', 'transformer.embeddings.LayerNorm'),
  ...['query', 'key', 'value'].flatMap((name) =>
    linear(`layers.{i}.attention.${name}`, `transformer.encoder.layer.{i}.attention.self.${name}`),
  ),
  ...linear('layers.{i}.attention.output', 'transformer.encoder.layer.{i}.attention.output.dense'),
  ...norm('layers.{i}.attentionNorm', 'transformer.encoder.layer.{i}.attention.output.LayerNorm'),
  ...linear('layers.{i}.up', 'transformer.encoder.layer.{i}.intermediate.dense'),
  ...linear('layers.{i}.down', 'transformer.encoder.layer.{i}.output.dense'),
  ...norm('layers.{i}.outputNorm', 'transformer.encoder.layer.{i}.output.LayerNorm'),
  ...linear('projection.up', 'proj.0', false),
  ...linear('projection.down', 'proj.2', false),
];

/** The layouts of the towers by name; rules hold for names below the tower's own prefix. */
export const towerKeys = {
  vision: { clip: clipVision, timm: timmVision },
  text: { clip: clipText, bert: bertText },
} as const;

/** Rules moved below prefixes, ours and theirs; several of theirs are aliases, all of which are written. */
export const prefixed = (rules: readonly KeyRule[], ours: string, ...theirs: readonly string[]): readonly KeyRule[] =>
  rules.map((rule) => ({
    ...rule,
    ours: ours + rule.ours,
    theirs: theirs.flatMap((prefix) => [rule.theirs].flat().map((name) => prefix + name)),
  }));
