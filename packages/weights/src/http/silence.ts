// Connections that neither go on nor end.

/** Milliseconds without a byte after which a connection counts as broken. */
export const SILENCE = 60_000;

/** A promise, or an error after so many milliseconds of waiting for it. */
export async function orSilence<T>(
  promise: Promise<T>,
  milliseconds = SILENCE,
  onSilence?: (error: Error) => void,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`${milliseconds / 1000} seconds of silence`);
      reject(error);
      onSilence?.(error);
    }, milliseconds);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
