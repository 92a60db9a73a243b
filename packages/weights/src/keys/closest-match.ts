// Suggestions for misspelled names.

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[b.length] as number;
}

/** Bounds the work: a file from elsewhere may have millions of names. */
const LIMITS = { candidates: 1000, length: 120 };

/**
 * The candidate with the fewest changes to a name, if at most half of the name would change.
 *
 * @example
 * closestMatch('visual.prj', ['visual.proj', 'text.proj']); // 'visual.proj'
 */
export function closestMatch(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.floor(name.length / 2) + 1;
  if (name.length > LIMITS.length) return undefined;
  for (const candidate of candidates.slice(0, LIMITS.candidates)) {
    if (candidate.length > LIMITS.length || Math.abs(candidate.length - name.length) >= least) continue;
    const changes = distance(name, candidate);
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best;
}
