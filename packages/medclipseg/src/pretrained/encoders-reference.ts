// The encoders that a model was trained on, for checkpoints that do not hold them.
import type { FamilyName } from '@medclipseg/clip-encoders';
import { flatten } from '@medclipseg/nn';
import { CheckpointError } from '../errors.ts';
import type { ModelParameters } from '../network.ts';

/** Encoders by name and content. */
export interface EncodersReference {
  /** An alias, a path, an address, or a file on the model hub. */
  readonly source: string;
  /** Hash of the weights in single precision ({@link hashEncoders}); independent of the file format. */
  readonly sha256: string;
  /** On the model hub. */
  readonly revision?: string;
  /** Needed if the file does not show it. */
  readonly family?: FamilyName;
}

export type EncoderParameters = Pick<ModelParameters, 'vision' | 'text'>;

const sha256 = async (bytes: BufferSource): Promise<string> =>
  Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

/** SHA-256 of a list with the name, shape and SHA-256 of each tensor, in order of their names. */
export async function hashEncoders({ vision, text }: EncoderParameters): Promise<string> {
  const lines: string[] = [];
  for (const [name, tensor] of flatten({ vision, text }))
    lines.push(`${name} [${tensor.shape}] ${await sha256((await tensor.data()) as Float32Array<ArrayBuffer>)}\n`);
  return sha256(new TextEncoder().encode(lines.sort().join('')));
}

/** @throws {CheckpointError} unless the encoders are those that a checkpoint was trained on */
export function checkEncoders(checkpoint: string, expected: EncodersReference, found: string, source: string): void {
  if (found !== expected.sha256)
    throw new CheckpointError(
      checkpoint,
      `the encoders it was trained on, ${expected.source} with SHA-256 ${expected.sha256}`,
      `${source} with ${found}`,
      'Give the file that it was trained on.',
    );
}
