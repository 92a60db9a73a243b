// Masks from probabilities, and at other sizes.

/** 1 where the probability is above the threshold. */
export function aboveThreshold(probability: Float32Array, threshold: number): Uint8Array {
  const mask = new Uint8Array(probability.length);
  for (let i = 0; i < mask.length; i++) if ((probability[i] as number) > threshold) mask[i] = 1;
  return mask;
}

/** The largest connected part of a mask (4-connected); the first in reading order if several are equally large. */
export function largestPart(mask: Uint8Array, width: number): Uint8Array {
  const part = new Int32Array(mask.length);
  const stack = new Int32Array(mask.length);
  let [parts, best, bestSize] = [0, 0, 0];
  for (let start = 0; start < mask.length; start++) {
    if (!mask[start] || part[start]) continue;
    parts += 1;
    part[start] = parts;
    stack[0] = start;
    let size = 0;
    for (let depth = 1; depth > 0; ) {
      depth -= 1;
      const at = stack[depth] as number;
      size += 1;
      const x = at % width;
      const visit = (next: number) => {
        if (!mask[next] || part[next]) return;
        part[next] = parts;
        stack[depth] = next;
        depth += 1;
      };
      if (x > 0) visit(at - 1);
      if (x + 1 < width) visit(at + 1);
      if (at >= width) visit(at - width);
      if (at + width < mask.length) visit(at + width);
    }
    if (size > bestSize) [best, bestSize] = [parts, size];
  }
  const out = new Uint8Array(mask.length);
  for (let i = 0; i < out.length; i++) if (best > 0 && part[i] === best) out[i] = 1;
  return out;
}

/** A mask at another size, by nearest neighbor with half-pixel centers. */
export function resizeMask(
  mask: Uint8Array,
  [fromWidth, fromHeight]: readonly [number, number],
  [width, height]: readonly [number, number],
): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.min(fromHeight - 1, Math.floor(((y + 0.5) * fromHeight) / height)) * fromWidth;
    for (let x = 0; x < width; x++, i++)
      out[i] = mask[row + Math.min(fromWidth - 1, Math.floor(((x + 0.5) * fromWidth) / width))] as number;
  }
  return out;
}
