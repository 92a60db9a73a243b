// How long a training still takes.

/** Steps that are looked back at, so that a pause is soon forgotten. */
const RECENT = 6;

/**
 * Seconds until all steps are done, by the pace of the last ones; unknown before the second.
 *
 * @param ends when steps were done, in milliseconds
 */
export function secondsLeft(ends: readonly number[], steps: number): number | undefined {
  const recent = ends.slice(-RECENT);
  const [first, last] = [recent[0], recent.at(-1)];
  if (recent.length < 2 || first === undefined || last === undefined) return undefined;
  return (((last - first) / (recent.length - 1)) * (steps - ends.length)) / 1000;
}
