// The optional package sharp: it decodes WebP and encodes PNG in Node, and speeds up JPEG.
import { DatasetError } from '../errors.ts';

type Sharp = typeof import('sharp')['default'];

let loading: Promise<Sharp | undefined> | undefined;

/** sharp, or `undefined` if it is not installed. */
export function findSharp(): Promise<Sharp | undefined> {
  loading ??= import('sharp').then(
    ({ default: sharp }) => sharp,
    () => undefined,
  );
  return loading;
}

/** sharp, needed for `purpose`. Throws a `DatasetError` if it is not installed. */
export async function requireSharp(purpose: string): Promise<Sharp> {
  const sharp = await findSharp();
  if (!sharp)
    throw new DatasetError(
      'datasets/sharp',
      `sharp: expected to be installed ${purpose}, got no such package. Run \`npm install sharp\`.`,
    );
  return sharp;
}
