// medclipseg compare: two runs on the same images, score by score.
import { comparePaired, type PairedComparison, SCORE_NAMES, SCORES, type ScoreName } from 'medclipseg/metrics';
import { IncompleteError, UsageError } from '../../errors.ts';
import { readScores, type ScoredImages } from '../../scores/results.ts';
import { columns, figure } from '../../scores/table.ts';

export interface CompareOptions {
  readonly json?: boolean;
}

interface ComparedScore extends PairedComparison {
  /** Means over the images compared. */
  readonly a: number;
  readonly b: number;
  /** Images left out because a distance is infinite. */
  readonly infinite: number;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function compareScore(
  name: ScoreName,
  pairs: readonly (readonly [ScoredImages[number], ScoredImages[number]])[],
): ComparedScore {
  const finite = pairs.filter((pair) => pair.every((image) => Number.isFinite(image[name])));
  const [a, b] = [finite.map(([image]) => image[name]), finite.map(([, image]) => image[name])];
  return { a: mean(a), b: mean(b), infinite: pairs.length - finite.length, ...comparePaired(a, b) };
}

const chance = (p: number) => (p < 0.0001 ? '< 0.0001' : p.toFixed(4));

function table(scores: Readonly<Record<ScoreName, ComparedScore>>): string {
  const rows = SCORE_NAMES.map((name) => {
    const { a, b, difference, greater, equal, less, wilcoxon, infinite } = scores[name];
    const higher = SCORES[name].better === 'higher';
    const signed = (value: number) => (value > 0 ? '+' : '') + figure(name, value);
    return [
      SCORES[name].title,
      figure(name, a),
      figure(name, b),
      signed(difference.value),
      `${signed(difference.low)} to ${signed(difference.high)}`,
      `${higher ? greater : less} / ${equal} / ${higher ? less : greater}`,
      chance(wilcoxon.pValue),
      infinite > 0 ? `${infinite} infinite left out` : '',
    ];
  });
  return columns([['', 'A', 'B', 'B - A', '95 % interval', 'better / equal / worse', 'Wilcoxon p', ''], ...rows]);
}

export async function compare(a: string, b: string, options: CompareOptions): Promise<void> {
  const [runA, runB] = [await readScores(a), await readScores(b)];
  const byName = new Map(runB.map((image) => [image.name, image]));
  const pairs = runA.flatMap((image) => {
    const other = byName.get(image.name);
    return other ? [[image, other] as const] : [];
  });
  if (pairs.length === 0)
    throw new UsageError('RUN_B', `images of ${a}`, 'none of them', 'Compare runs on the same images.');
  const names = new Set(pairs.map(([{ name }]) => name));
  const unpaired = [...runA, ...runB].map(({ name }) => name).filter((name) => !names.has(name));
  const scores = Object.fromEntries(SCORE_NAMES.map((name) => [name, compareScore(name, pairs)])) as Record<
    ScoreName,
    ComparedScore
  >;
  const notice =
    'Means over the same images; paired bootstrap, Wilcoxon signed-rank test, two-sided, not corrected for several scores.';
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ a, b, images: pairs.length, unpaired, scores })}\n`
      : `A ${a}\nB ${b}\n${pairs.length} images\n${table(scores)}\n${notice}\n`,
  );
  if (unpaired.length > 0)
    throw new IncompleteError(pairs.length + unpaired.length, unpaired, 'Score the same images in both runs.');
}
