// What can go wrong with a file of towers.

/** A file that holds no pair of towers of the families we know. */
export class UnknownWeightsError extends Error {
  override readonly name = 'UnknownWeightsError';
  readonly tag = 'clip-encoders/unknown-weights';
  constructor(expected: string, got: string) {
    super(
      `weights: expected ${expected}, got ${got}. Give the weights of UniMed-CLIP, BiomedCLIP, CLIP or PubMedCLIP, or a checkpoint of MedCLIPSeg.`,
    );
  }
}
