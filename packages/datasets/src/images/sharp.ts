// The optional package sharp, which decodes WebP and encodes PNG in Node.
import { DatasetError } from '../errors.ts';

type Sharp = typeof import('sharp')['default'];

let loading: Promise<Sharp | undefined> | undefined;

/** sharp, needed for `purpose`. Throws a `DatasetError` if it is not installed. */
export async function requireSharp(purpose: string): Promise<Sharp> {
  loading ??= import('sharp').then(
    ({ default: found }) => found,
    () => undefined,
  );
  const sharp = await loading;
  if (!sharp)
    throw new DatasetError(
      'datasets/sharp',
      `sharp: expected to be installed ${purpose}, got no such package. Run \`npm install sharp\`.`,
    );
  return sharp;
}
