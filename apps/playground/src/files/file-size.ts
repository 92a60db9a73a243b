// Files that are too large to be read into a page.

/** A volume of 512 slices of 512x512 in 16 bits fits twice. */
export const MOST_BYTES = 512 * 2 ** 20;

/** @throws Error tagged `playground/file-too-large` */
export function checkFileSize(bytes: number, name: string): void {
  if (bytes > MOST_BYTES)
    throw Object.assign(
      new Error(`${name}: expected at most ${MOST_BYTES} bytes, got ${bytes}. Choose a smaller file.`),
      { tag: 'playground/file-too-large' },
    );
}
