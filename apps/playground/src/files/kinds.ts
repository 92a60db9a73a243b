// What a file is, by its name: images are told by their first bytes, models by their ending.

export const MODEL_ENDINGS = ['.safetensors', '.pth', '.pt', '.bin'] as const;

export const isModelFile = (name: string): boolean =>
  MODEL_ENDINGS.some((ending) => name.toLowerCase().endsWith(ending));
