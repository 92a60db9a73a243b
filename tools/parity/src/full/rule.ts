// The rule for the weights and the noise of the full-size golden values: 32-bit hashes of a name and an index, as specified in the README of
// the golden-full folder.

/** FNV-1a over the UTF-8 bytes of `key`. */
export function fnv1a(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Scrambles the bits of a 32-bit integer; the result is signed. */
function scramble(x: number): number {
  let y = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  y = Math.imul(y ^ (y >>> 13), 0xc2b2ae35);
  return y ^ (y >>> 16);
}

export const mix = (x: number): number => scramble(x) >>> 0;

const uniformOf = (hash: number, i: number): number => mix(scramble(Math.imul(i, 0x9e3779b9)) ^ hash) / 2 ** 32;

/** Number `i` of the stream `key`, 0 ≤ u < 1. */
export const uniform = (key: string, i: number): number => uniformOf(fnv1a(key), i);

const EMBEDDING =
  /(class_embedding|cls_token|positional_embedding|pos_embed|(token_embedding|word_embeddings|position_embeddings|token_type_embeddings)\.weight)$/;
const PATCH_KERNEL = /^vision_model\.conv1\.weight$|\.patch_embed\.proj\.weight$/;

/** The key of a tensor's numbers: the checkpoints of `clip` and `pubmedclip` have two names for most tensors. */
export const keyOfTensor = (name: string): string =>
  name.replace(/^clip_model\.visual\./, 'vision_model.').replace(/^clip_model\./, 'text_model.');

const gainOf = (key: string): number => {
  if (PATCH_KERNEL.test(key)) return 0.1;
  return /^(mask_head|upscale)\./.test(key) ? 2 : 1;
};

/** Values are `offset + scale · (2u − 1)`. */
function rangeOf(key: string, shape: readonly number[]): { offset: number; scale: number } {
  if (key.endsWith('logit_scale')) return { offset: 2.65926, scale: 0 };
  if (EMBEDDING.test(key)) return { offset: 0, scale: 0.05 };
  if (shape.length >= 2) {
    const fan = shape.slice(1).reduce((product, size) => product * size, 1);
    return { offset: 0, scale: gainOf(key) * Math.sqrt(3 / fan) };
  }
  if (shape.length === 0) return { offset: 0, scale: 0.3 };
  return key.endsWith('weight') ? { offset: 1, scale: 0.1 } : { offset: 0, scale: 0.02 };
}

/** A tensor of the reference's checkpoint, row-major. */
export function weightsOf(name: string, shape: readonly number[]): Float32Array {
  const key = keyOfTensor(name);
  const { offset, scale } = rangeOf(key, shape);
  const hash = fnv1a(key);
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++) values[i] = offset + scale * (2 * uniformOf(hash, i) - 1);
  return values;
}

/** Noise of one draw: sums of twelve uniform values, less 6. */
export function noiseOf(sample: string, draw: number, size: number): Float32Array {
  const hash = fnv1a(`noise.${sample}.${draw}`);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 12 * i; j < 12 * i + 12; j++) sum += uniformOf(hash, j);
    values[i] = sum - 6;
  }
  return values;
}
