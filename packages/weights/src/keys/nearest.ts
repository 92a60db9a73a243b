// The name that somebody may have meant.

/** Levenshtein's distance. */
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

/** So many candidates are looked at, and names of such a length: a foreign file may hold millions. */
const LIMITS = { candidates: 2000, length: 200 };

/** The candidate nearest to a name, if at most half of the name would have to change. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
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

/** A name with the candidate nearest to it. */
export function withNearest(name: string, candidates: readonly string[]): string {
  const found = nearest(name, candidates);
  return found === undefined ? name : `${name} (nearest: ${found})`;
}
