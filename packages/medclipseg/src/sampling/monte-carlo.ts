// Monte-Carlo segmentation: runs the network with fresh noise and averages its probabilities as they arrive.
import type { NoiseRow } from '@medclipseg/nn';
import { fillNormalByTables, type NoiseSite, nextTask, noiseValues } from '@medclipseg/nn/internal';
import type { Engine, EngineInput, Start } from '../engine/engine.ts';
import { type Estimate, RunningMean } from './running-mean.ts';
import { type Group, schedule } from './schedule.ts';

/** The images of a batch; several views of the same images share the samples. */
export interface View extends EngineInput {
  /** Transforms a map [size · size] of this view to the orientation of the image. */
  readonly undo?: (map: Float32Array) => Float32Array;
}

/** Ends the sampling early, once the mean of almost every pixel is known well enough. */
export interface StopRule {
  /** Bound on the standard error of a pixel's mean probability. */
  readonly standardError: number;
  /** Share of the pixels that must be within the bound. Default: 0.99. */
  readonly share?: number;
  /** Samples drawn before the rule applies. Default: 6. */
  readonly minimum?: number;
}

export interface MonteCarloOptions {
  /** Number of samples, or their maximum with `stopWhen`. Default: 30, as published. 0 runs the mean network, without noise. */
  readonly samples?: number;
  readonly seed?: number;
  /** Samples computed together. Default: what the backend computes efficiently. Changes memory and speed, not results. */
  readonly fold?: number;
  /** Draws samples in pairs of opposite noise, whose errors partly cancel. Default: off, as published. */
  readonly antithetic?: boolean;
  /** Default: all samples are drawn, as published. */
  readonly stopWhen?: StopRule;
  readonly signal?: AbortSignal;
  /** Called after each group of samples; gives the running estimate of an image. */
  readonly onSample?: (done: number, estimateOf: (image: number) => Estimate) => void;
}

/** The noise of groups of samples. That of the next group is drawn while the engine computes on another thread or device. */
class GroupNoise {
  readonly #seed: number;
  /** What the engine has asked for. */
  readonly #asked = new Map<string, readonly [site: NoiseSite, size: number]>();
  #next: { readonly rows: readonly NoiseRow[]; readonly values: Map<string, Float32Array> } | undefined;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** @param size values per row */
  of(rows: readonly NoiseRow[], site: NoiseSite, size: number): Float32Array {
    const key = `${site.adapter} ${site.direction} ${size}`;
    this.#asked.set(key, [site, size]);
    const drawn = this.#next?.rows === rows ? this.#next.values : undefined;
    const values = drawn?.get(key) ?? this.#draw(rows, site, size);
    drawn?.delete(key);
    return values;
  }

  #draw(rows: readonly NoiseRow[], site: NoiseSite, size: number): Float32Array {
    return noiseValues(this.#seed, rows, site, size, fillNormalByTables);
  }

  /** Draws what the engine will probably ask for of the rows that come next. */
  prepare(rows: readonly NoiseRow[]): void {
    const values = [...this.#asked].map(([key, site]) => [key, this.#draw(rows, ...site)] as const);
    this.#next = { rows, values: new Map(values) };
  }
}

/** The results of `fn` for some values, each with the one that comes next. */
function* withNext<V, T extends object>(values: Iterable<V>, fn: (value: V) => T): Generator<[T, T | undefined]> {
  let before: T | undefined;
  for (const value of values) {
    const result = fn(value);
    if (before) yield [before, result];
    before = result;
  }
  if (before) yield [before, undefined];
}

/**
 * Estimates of a batch of images.
 *
 * @param views one or more views of the same batch
 * @param names keys of the images' noise: the same name has the same noise in every batch
 */
export async function monteCarlo(
  engine: Engine,
  views: readonly View[],
  names: readonly (string | number)[],
  { samples = 30, seed = 666, fold, antithetic = false, stopWhen, signal, onSample }: MonteCarloOptions = {},
): Promise<Estimate[]> {
  const pixels = engine.config.vision.imageSize ** 2;
  const means = names.map(() => new RunningMean(pixels));
  const starts: Start[] = [];
  const rowsOf = (sample: number) =>
    names.map(
      (image): NoiseRow => (antithetic ? { image, sample: sample >> 1, negated: sample % 2 === 1 } : { image, sample }),
    );
  const { standardError = 0, share = 0.99, minimum = 6 } = stopWhen ?? {};
  const isEnough = (done: number) =>
    stopWhen !== undefined && done >= minimum && means.every((mean) => mean.settled(standardError) >= share);
  const groups = schedule({
    samples: samples === 0 ? views.length : samples,
    // Smaller groups if any of them may be the last.
    fold: Math.min(fold ?? engine.fold(names.length), stopWhen ? minimum : Number.POSITIVE_INFINITY),
    antithetic: antithetic && samples > 0,
    views: views.length,
  });
  const noise = samples === 0 ? undefined : new GroupNoise(seed);
  const withRows = (group: Group) => ({ ...group, rows: group.units.flat().flatMap(rowsOf) });
  const sample = (start: Start, { rows }: Pick<ReturnType<typeof withRows>, 'rows'>) => {
    const drawn = noise && ((site: NoiseSite, size: number) => noise.of(rows, site, size));
    return start.sample(rows.length / names.length, drawn, signal);
  };
  let done = 0;
  let ahead: Promise<Float32Array> | undefined;
  try {
    for (const [group, next] of withNext(groups, withRows)) {
      signal?.throwIfAborted();
      const view = views[group.view] as View;
      const start = starts[group.view] ?? (await engine.start(view, signal));
      starts[group.view] = start;
      const sampled = ahead ?? sample(start, group);
      if (next) noise?.prepare(next.rows);
      const nextStart = next && starts[next.view];
      // While this group is averaged, the engine computes the next one, unless this one may be the last.
      ahead = engine.queues && !stopWhen && nextStart ? sample(nextStart, next) : undefined;
      ahead?.catch(() => {});
      const values = await sampled;
      let row = 0;
      for (const unit of group.units) {
        names.forEach((_, image) => {
          const maps = unit.map((_, i) => {
            const at = (row + i * names.length + image) * pixels;
            const map = values.subarray(at, at + pixels);
            return view.undo ? view.undo(map) : map;
          });
          (means[image] as RunningMean).addUnit(maps);
        });
        row += unit.length * names.length;
        done += unit.length;
      }
      onSample?.(done, (i) => (means[i] as RunningMean).estimate());
      if (group.even && isEnough(done)) break;
      await nextTask();
    }
  } finally {
    await ahead?.catch(() => {});
    for (const start of starts) start?.dispose();
  }
  return means.map((mean) => mean.estimate());
}
