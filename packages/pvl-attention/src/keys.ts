// The keys and layouts of the adapters' parameters in checkpoints of the reference.

/** Key of a parameter in the reference's checkpoints; fits `KeyRule` of `@medclipseg/weights`. */
interface KeyRule {
  readonly parameter: string;
  readonly key: string;
  readonly layout?: 'linear';
}

const linearRules = (parameter: string, key: string): KeyRule[] => [
  { parameter: `${parameter}.weight`, key: `${key}.weight`, layout: 'linear' },
  { parameter: `${parameter}.bias`, key: `${key}.bias` },
];

const crossAttentionRules = (parameter: string, key: string): KeyRule[] => [
  { parameter: `${parameter}gate`, key: `${key}gate` },
  ...linearRules(`${parameter}query`, `${key}q_proj`),
  ...linearRules(`${parameter}key`, `${key}k_proj`),
  ...linearRules(`${parameter}value`, `${key}v_proj`),
  ...linearRules(`${parameter}output`, `${key}out_proj`),
  { parameter: `${parameter}keyNorm.weight`, key: `${key}norm_k.weight` },
  { parameter: `${parameter}keyNorm.bias`, key: `${key}norm_k.bias` },
  { parameter: `${parameter}valueNorm.weight`, key: `${key}norm_v.weight` },
  { parameter: `${parameter}valueNorm.bias`, key: `${key}norm_v.bias` },
];

const twoWayRules = (parameter: string, key: string): KeyRule[] => [
  ...crossAttentionRules(`${parameter}imageFromText.`, `${key}cross_attn_img_to_txt.`),
  ...crossAttentionRules(`${parameter}textFromImage.`, `${key}cross_attn_txt_to_img.`),
];

/** Rules for one probabilistic cross-attention. */
export const crossAttentionKeys = crossAttentionRules('', '');

/** Rules for one two-way layer. */
export const twoWayKeys = twoWayRules('', '');

/** Rules for one PVL adapter under the prefixes given, such as `adapters.{i}.` and `pvl_adapters.{i}.`. */
export const pvlAdapterKeys = (parameterPrefix = '', keyPrefix = ''): readonly KeyRule[] => [
  // The reference keeps this one projection in a Sequential, hence the `.0.`.
  { parameter: `${parameterPrefix}imageDown.weight`, key: `${keyPrefix}proj_vis_down.0.weight`, layout: 'linear' },
  { parameter: `${parameterPrefix}textDown.weight`, key: `${keyPrefix}proj_txt_down.weight`, layout: 'linear' },
  { parameter: `${parameterPrefix}imageUp.weight`, key: `${keyPrefix}proj_vis_up.weight`, layout: 'linear' },
  { parameter: `${parameterPrefix}textUp.weight`, key: `${keyPrefix}proj_txt_up.weight`, layout: 'linear' },
  ...twoWayRules(`${parameterPrefix}twoWay.`, `${keyPrefix}two_way.`),
];
