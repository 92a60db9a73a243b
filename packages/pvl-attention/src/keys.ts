// The reference's parameter names and layouts beside ours.
import type { KeyRule } from '@medclipseg/weights';

const linearRules = (ours: string, theirs: string): KeyRule[] => [
  { ours: `${ours}.weight`, theirs: `${theirs}.weight`, layout: 'linear' },
  { ours: `${ours}.bias`, theirs: `${theirs}.bias` },
];

const crossAttentionRules = (ours: string, theirs: string): KeyRule[] => [
  { ours: `${ours}gate`, theirs: `${theirs}gate` },
  ...linearRules(`${ours}query`, `${theirs}q_proj`),
  ...linearRules(`${ours}key`, `${theirs}k_proj`),
  ...linearRules(`${ours}value`, `${theirs}v_proj`),
  ...linearRules(`${ours}output`, `${theirs}out_proj`),
  { ours: `${ours}keyNorm.weight`, theirs: `${theirs}norm_k.weight` },
  { ours: `${ours}keyNorm.bias`, theirs: `${theirs}norm_k.bias` },
  { ours: `${ours}valueNorm.weight`, theirs: `${theirs}norm_v.weight` },
  { ours: `${ours}valueNorm.bias`, theirs: `${theirs}norm_v.bias` },
];

const twoWayRules = (ours: string, theirs: string): KeyRule[] => [
  ...crossAttentionRules(`${ours}imageFromText.`, `${theirs}cross_attn_img_to_txt.`),
  ...crossAttentionRules(`${ours}textFromImage.`, `${theirs}cross_attn_txt_to_img.`),
];

/** Rules for one probabilistic cross-attention, whose names start as given. */
export const crossAttentionKeys = crossAttentionRules('', '');

/** Rules for one two-way layer. */
export const twoWayKeys = twoWayRules('', '');

/** Rules for one PVL adapter under the prefixes given, such as `adapters.{i}.` and `pvl_adapters.{i}.`. */
export const pvlAdapterKeys = (ours = '', theirs = ''): readonly KeyRule[] => [
  // The reference keeps this one projection in a Sequential, hence the `.0.`.
  { ours: `${ours}imageDown.weight`, theirs: `${theirs}proj_vis_down.0.weight`, layout: 'linear' },
  { ours: `${ours}textDown.weight`, theirs: `${theirs}proj_txt_down.weight`, layout: 'linear' },
  { ours: `${ours}imageUp.weight`, theirs: `${theirs}proj_vis_up.weight`, layout: 'linear' },
  { ours: `${ours}textUp.weight`, theirs: `${theirs}proj_txt_up.weight`, layout: 'linear' },
  ...twoWayRules(`${ours}twoWay.`, `${theirs}two_way.`),
];
