// One rule for masks: the values of all masks of a folder decide how each of them is read.
import { DatasetError } from '../errors.ts';
import type { MaskSurvey, ValueCount } from './survey.ts';
import type { MaskValueKind } from './values.ts';

/** A label of a label map: a number, or a color such as `#ff0000`. */
export interface MaskLabel {
  readonly name: string;
  readonly value: number;
}

/**
 * How the masks of a folder are read.
 *
 * - `threshold`: gray levels, foreground from 127 of 255 on, as in the published pipeline.
 * - `labels`: each value but 0 (black) is a label. One label is a binary mask; none, and every mask of the folder is empty.
 */
export type MaskReading =
  | { readonly kind: 'threshold' }
  | {
      readonly kind: 'labels';
      readonly values: MaskValueKind;
      readonly labels: readonly MaskLabel[];
      /** The values that count as foreground: those of all labels, or of a selected one. */
      readonly foreground: readonly number[];
      /** Whether any pixel is background. */
      readonly hasBackground: boolean;
      /** Whether blends of the colors occur at soft edges: each pixel then has the label of the nearest color. */
      readonly nearest: boolean;
    };

/** Masks whose values cannot be interpreted, or a label that they do not have. */
export class MaskError extends DatasetError {
  override readonly name = 'MaskError';
  constructor(
    /** The folder or file. */
    readonly where: string,
    expected: string,
    actual: string,
    remedy: string,
  ) {
    super('datasets/mask', `${where}: expected ${expected}, got ${actual}. ${remedy}`);
  }
}

/** Levels of 255 that noise leaves near black and near white. */
const DARK = 32;
const BRIGHT = 255 - DARK;
/** From this level on a gray pixel is foreground. */
const FOREGROUND = 127;
/** At most this many values are labels even if they fill no area. */
const FEW = 16;
/** Label maps have at most this many labels. */
const MOST_LABELS = 256;
/** Share of the foreground's inner pixels that a value needs in order to be an area of its own. */
const AREA = 0.01;
/** Share of labeled pixels that must be inside areas where there are many values. */
const FILLED = 0.3;

const labelName = (value: number, kind: MaskValueKind): string =>
  kind === 'color' ? `#${value.toString(16).padStart(6, '0')}` : String(value);

/** The values of masks in words, such as `0, 1, 2` or `190 values from 0 to 255`. */
export function describeValues(surveys: readonly Pick<MaskSurvey, 'kind' | 'counts'>[]): string {
  const kind = surveys.find(({ counts }) => counts.size > 1)?.kind ?? surveys[0]?.kind ?? 'gray';
  const values = [...new Set(surveys.flatMap(({ counts }) => [...counts.keys()]))].sort((a, b) => a - b);
  const names = values.map((value) => labelName(value, kind));
  if (names.length <= 12) return names.length === 1 ? `only ${names[0]}` : names.join(', ');
  return kind === 'color' ? `${names.length} colors` : `${names.length} values from ${names[0]} to ${names.at(-1)}`;
}

interface Totals {
  readonly counts: ReadonlyMap<number, ValueCount>;
  /** Values but 0, ascending. */
  readonly values: readonly number[];
  readonly pixels: number;
  readonly interior: number;
}

function total(surveys: readonly MaskSurvey[]): Totals {
  const counts = new Map<number, ValueCount>();
  for (const survey of surveys)
    for (const [value, { pixels, interior }] of survey.counts) {
      const before = counts.get(value) ?? { pixels: 0, interior: 0 };
      counts.set(value, { pixels: before.pixels + pixels, interior: before.interior + interior });
    }
  const values = [...counts.keys()].filter((value) => value !== 0).sort((a, b) => a - b);
  const sum = (key: keyof ValueCount) => values.reduce((n, value) => n + (counts.get(value)?.[key] ?? 0), 0);
  return { counts, values, pixels: sum('pixels'), interior: sum('interior') };
}

const labelsOf = (
  { counts }: Pick<Totals, 'counts'>,
  values: readonly number[],
  kind: MaskValueKind,
  nearest = false,
): MaskReading => ({
  kind: 'labels',
  values: kind,
  labels: values.map((value) => ({ value, name: labelName(value, kind) })),
  foreground: values,
  hasBackground: counts.has(0),
  nearest,
});

const REMEDY = 'Save masks as PNG files with 0 for the background and one value for each label.';

const refuse = (where: string, surveys: readonly MaskSurvey[], why = ''): MaskError =>
  new MaskError(where, 'masks of background and foreground, or label maps', `${describeValues(surveys)}${why}`, REMEDY);

/** Surveys of gray files of different depth: label numbers stay, levels are brought to the same scale. */
function sameDepth(surveys: readonly MaskSurvey[]): readonly MaskSurvey[] {
  const maximum = Math.max(...surveys.map((survey) => survey.maximum));
  if (surveys.every((survey) => survey.maximum === maximum)) return surveys;
  const isNumbered = surveys.every(({ counts }) => Math.max(...counts.keys()) < FOREGROUND);
  if (isNumbered) return surveys.map((survey) => ({ ...survey, maximum: 255 }));
  return surveys.map((survey) => ({
    ...survey,
    maximum,
    counts: new Map([...survey.counts].map(([value, count]) => [(value * maximum) / survey.maximum, count])),
  }));
}

/** Gray levels: labels where values fill areas of their own, else a threshold. */
function interpretGray(stored: readonly MaskSurvey[], where: string): MaskReading {
  const surveys = sameDepth(stored);
  const totals = total(surveys);
  const { counts, values, pixels, interior } = totals;
  const lossy = surveys.some((survey) => survey.lossy);
  const scale = 255 / (surveys[0]?.maximum ?? 255);
  const level = (value: number) => scale * value;
  const interiorOf = (value: number) => counts.get(value)?.interior ?? 0;
  const isArea = (value: number) => interiorOf(value) > AREA * interior;
  const isFilled = interior > FILLED * pixels;
  const labeled = () => {
    if (lossy || values.length > (isFilled ? MOST_LABELS : 2 * FEW)) throw refuse(where, stored);
    // Label numbers of rescaled files are not those of the files.
    if (surveys !== stored && values.some((value) => !total(stored).counts.has(value))) throw mixed(stored, where);
    return labelsOf(totals, values, 'gray');
  };
  if (level(values.at(-1) ?? 0) < FOREGROUND) return labeled();
  if (values.length === 1 && !lossy && surveys === stored) return labeled();
  const middle = values.filter((value) => level(value) >= DARK && level(value) <= BRIGHT);
  const dark = values.filter((value) => level(value) < DARK);
  if (!lossy && values.length <= FEW) {
    const bright = values.filter((value) => level(value) >= FOREGROUND);
    const isWithBright = (value: number) =>
      surveys.some((survey) => survey.counts.has(value) && bright.some((other) => survey.counts.has(other)));
    if (dark.some((value) => isArea(value) && !isWithBright(value))) throw mixed(surveys, where);
    if (middle.some(isArea) || dark.some((value) => isArea(value) || values.length <= 4)) return labeled();
  }
  if (middle.reduce((sum, value) => sum + interiorOf(value), 0) > 2 * AREA * interior) {
    if (!isFilled) throw refuse(where, stored);
    return labeled();
  }
  // The threshold would empty such a file although it shows areas.
  const emptied = surveys.find(
    (survey) =>
      survey.counts.size > 1 &&
      survey.counts.size <= 4 &&
      [...survey.counts].every(([value]) => level(value) < FOREGROUND) &&
      [...survey.counts].some(([value, count]) => value !== 0 && count.interior > 0),
  );
  if (emptied) throw mixed(surveys, where);
  return { kind: 'threshold' };
}

function mixed(surveys: readonly MaskSurvey[], where: string): MaskError {
  const groups = new Map<string, MaskSurvey>();
  for (const survey of surveys) {
    const text = describeValues([survey]);
    if (survey.counts.size > 1 && !groups.has(text)) groups.set(text, survey);
  }
  const shown = [...groups].slice(0, 3).map(([text, { name }]) => `${text} in ${name}`);
  return new MaskError(where, 'masks that all use the same values', shown.join(' and '), REMEDY);
}

/** Whether a color is on the line between two others, as at the soft edge between them. */
function isBlend(color: number, ends: readonly number[]): boolean {
  const channels = (value: number) => [value >> 16, (value >> 8) & 255, value & 255];
  const c = channels(color);
  return ends.some((first, i) =>
    ends.slice(i + 1).some((second) => {
      const [a, b] = [channels(first), channels(second)];
      const steps = b.map((v, k) => v - (a[k] as number));
      const length = steps.reduce((sum, step) => sum + step * step, 0);
      const along = steps.reduce((sum, step, k) => sum + step * ((c[k] as number) - (a[k] as number)), 0) / length;
      if (!(along > 0 && along < 1)) return false;
      return steps.every((step, k) => Math.abs((a[k] as number) + along * step - (c[k] as number)) <= DARK);
    }),
  );
}

/** Colors: each is a label, except for blends at soft edges. */
function interpretColors(surveys: readonly MaskSurvey[], where: string): MaskReading {
  const totals = total(surveys);
  const { counts, values, pixels, interior } = totals;
  if (surveys.some((survey) => survey.lossy))
    throw refuse(where, surveys, ' in a format that changes colors (JPEG or lossy WebP)');
  const areas = values.filter((value) => (counts.get(value)?.interior ?? 0) > AREA * interior);
  const ends = [0, ...areas];
  const strange = values.filter((value) => !areas.includes(value) && !isBlend(value, ends));
  const strangePixels = strange.reduce((sum, value) => sum + (counts.get(value)?.pixels ?? 0), 0);
  const isExact = values.length <= FEW && (strange.length > 0 || areas.length === values.length);
  const labels = isExact ? values : areas;
  const isSoft = areas.length > 0 && interior > FILLED * pixels && strangePixels <= 2 * AREA * pixels;
  if (!isExact && (!isSoft || labels.length > MOST_LABELS)) throw refuse(where, surveys);
  if (!counts.has(0) && labels.length > 1) throw refuse(where, surveys, ', none of them black (the background)');
  return labelsOf(totals, labels, 'color', !isExact);
}

/** A gray survey with its levels as colors. */
const asColors = (survey: MaskSurvey): MaskSurvey => ({
  ...survey,
  kind: 'color',
  maximum: 0xffffff,
  counts: new Map(
    [...survey.counts].map(([value, count]) => [Math.floor((255 * value) / survey.maximum) * 0x010101, count]),
  ),
});

/**
 * How the masks of a folder are read, from the values of all of them. Throws `MaskError`, naming the values, where that cannot be decided.
 *
 * @param where the folder, for errors
 */
export function interpretMasks(surveys: readonly MaskSurvey[], where = 'masks'): MaskReading {
  const shown = surveys.filter(({ counts }) => counts.size > 1 || !counts.has(0));
  const kinds = new Set(shown.map(({ kind }) => kind));
  if (kinds.size === 0) return labelsOf(total(surveys), [], 'gray');
  if (kinds.has('index') && kinds.size > 1) throw mixed(shown, where);
  if (kinds.has('index')) return labelsOf(total(surveys), total(shown).values, 'index');
  if (kinds.has('color')) {
    // Small label numbers of 16 bits would become black.
    const isDark = ({ kind, maximum, counts }: MaskSurvey) =>
      kind === 'gray' && maximum > 255 && [...counts.keys()].some((value) => value > 0 && value < 257);
    if (shown.some(isDark)) throw mixed(shown, where);
    return interpretColors(
      surveys.map((survey) => (survey.kind === 'color' ? survey : asColors(survey))),
      where,
    );
  }
  return interpretGray(shown, where);
}

/** Whether the masks have one kind of foreground; else a label has to be chosen. */
export const isBinary = (reading: MaskReading): boolean =>
  reading.kind === 'threshold' || reading.foreground.length <= 1;

/** The reading of one label, given as a number or a color. Throws `MaskError` where the masks do not have it. */
export function selectLabel(reading: MaskReading, label: string, where = 'masks'): MaskReading {
  if (reading.kind === 'threshold')
    throw new MaskError(
      where,
      `label maps with the value ${label}`,
      'gray masks without labels',
      'Leave the label out.',
    );
  const wanted = label.trim().toLowerCase();
  const found = reading.labels.filter(({ name }) => name === wanted || Number(name) === Number(wanted));
  if (found.length === 0)
    throw new MaskError(
      where,
      `label maps with the value ${label}`,
      reading.labels.map(({ name }) => name).join(', ') || 'only background',
      'Choose one of the labels.',
    );
  return { ...reading, foreground: found.map(({ value }) => value) };
}
