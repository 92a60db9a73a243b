// How each published weight layout names and stores what our towers call otherwise.
import type { KeyRule } from '@medclipseg/weights';

/** Rules moved below prefixes, ours and theirs; several of theirs are aliases, all of which are written. */
export function prefixed(rules: readonly KeyRule[], ours: string, ...theirs: readonly string[]): readonly KeyRule[] {
  return rules.map((rule) => ({
    ...rule,
    ours: ours + rule.ours,
    theirs: theirs.flatMap((prefix) => [rule.theirs].flat().map((name) => prefix + name)),
  }));
}

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

/** transformers' names of a BERT model, and OpenCLIP's of the projection behind it. */
const bertEncoder: readonly KeyRule[] = [
  { ours: 'words', theirs: 'embeddings.word_embeddings.weight' },
  { ours: 'positions', theirs: 'embeddings.position_embeddings.weight' },
  { ours: 'types', theirs: 'embeddings.token_type_embeddings.weight' },
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

const bertText: readonly KeyRule[] = [
  ...prefixed(bertEncoder, '', 'transformer.'),
  ...linear('projection.up', 'proj.0', false),
  ...linear('projection.down', 'proj.2', false),
];

/** transformers' names of a block of either CLIP tower. */
const hubBlocks: readonly KeyRule[] = [
  ...norm('blocks.{i}.norm1', 'encoder.layers.{i}.layer_norm1'),
  ...(['query', 'key', 'value', 'output'] as const).flatMap((name) =>
    linear(`blocks.{i}.attention.${name}`, `encoder.layers.{i}.self_attn.${name === 'output' ? 'out' : name[0]}_proj`),
  ),
  ...norm('blocks.{i}.norm2', 'encoder.layers.{i}.layer_norm2'),
  ...linear('blocks.{i}.mlp.up', 'encoder.layers.{i}.mlp.fc1'),
  ...linear('blocks.{i}.mlp.down', 'encoder.layers.{i}.mlp.fc2'),
];

const hubVision: readonly KeyRule[] = [
  { ours: 'classToken', theirs: 'vision_model.embeddings.class_embedding' },
  { ours: 'positions', theirs: 'vision_model.embeddings.position_embedding.weight' },
  { ours: 'patch.weight', theirs: 'vision_model.embeddings.patch_embedding.weight', layout: 'patch' },
  // The misspelling is theirs.
  ...norm('preNorm', 'vision_model.pre_layrnorm'),
  ...prefixed(hubBlocks, '', 'vision_model.'),
  ...norm('postNorm', 'vision_model.post_layernorm'),
  ...linear('projection', 'visual_projection', false),
];

const hubText: readonly KeyRule[] = [
  { ours: 'words', theirs: 'text_model.embeddings.token_embedding.weight' },
  { ours: 'positions', theirs: 'text_model.embeddings.position_embedding.weight' },
  ...prefixed(hubBlocks, '', 'text_model.'),
  ...norm('finalNorm', 'text_model.final_layer_norm'),
  ...linear('projection', 'text_projection', false),
];

/** Rules for each layout of a tower, for names below the tower's own prefix. */
export const towerKeys = {
  vision: { clip: clipVision, timm: timmVision, hub: hubVision },
  text: { clip: clipText, bert: bertText, hub: hubText },
  /** A BERT model of the hub, without the projection that makes it a text tower. */
  bertEncoder,
} as const;
