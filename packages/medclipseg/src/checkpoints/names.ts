// What the checkpoints of a training are called in its folder.
export const BEST = 'best.safetensors';
export const LATEST = 'latest.safetensors';
