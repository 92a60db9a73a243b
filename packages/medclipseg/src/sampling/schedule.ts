// Which samples are computed together.

/** Samples that are independent of all others: one, or an antithetic pair. */
export type Unit = readonly number[];

/** Samples of one view of the image that are computed together. */
export interface Group {
  readonly view: number;
  readonly units: readonly Unit[];
  /** Whether all views have the same number of units once this group is done. */
  readonly even: boolean;
}

export interface ScheduleOptions {
  readonly samples: number;
  /** Samples computed together at most. */
  readonly fold: number;
  readonly antithetic: boolean;
  /** Number of views; the units cycle through them. */
  readonly views: number;
}

/** Every sample from 0 to `samples` − 1 once. The view and the noise of a sample do not depend on `fold`. */
export function* schedule({ samples, fold, antithetic, views }: ScheduleOptions): Generator<Group> {
  const size = antithetic ? 2 : 1;
  const units: Unit[] = [];
  for (let first = 0; first < samples; first += size)
    units.push(Array.from({ length: Math.min(size, samples - first) }, (_, i) => first + i));
  const together = Math.max(1, Math.floor(fold / size));
  for (let start = 0; start < units.length; start += together * views) {
    const block = units.slice(start, start + together * views);
    for (let view = 0; view < Math.min(views, block.length); view++)
      yield {
        view,
        units: block.filter((_, i) => i % views === view),
        even: view === views - 1 && block.length % views === 0,
      };
  }
}
