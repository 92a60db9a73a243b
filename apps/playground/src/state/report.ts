// The report of a result, and diagnostics for bug reports.
import { MAXIMUM_ENTROPY } from 'medclipseg/metrics';
import { version } from '../../package.json';
import { STRINGS } from '../strings.ts';
import type { Side } from '../worker/protocol.ts';
import { device, devicePreference, engine } from './engine.ts';
import { images, shownImage, sliceRecords, truth } from './image.ts';
import { maskOptions, measurements, scores } from './layers.ts';
import { chosen, facts } from './model.ts';
import { notices } from './notices.ts';
import { type Result, results, shownResults, typicalTime } from './results.ts';
import { samples, seed, uncertainty, view } from './settings.ts';

function resultReport(side: Side, result: Result) {
  const measured = measurements.value[side];
  if (!measured) return undefined;
  const { title, sha256, teaching } = result.model;
  return {
    prompt: result.prompt,
    slice: result.slice,
    window: result.window,
    model: title,
    modelSha256: sha256,
    taughtFrom: teaching?.from,
    backend: result.backend,
    sampling: result.sampling,
    samples: result.estimate.samples,
    millisecondsPerSample: Math.round(typicalTime(result)),
    foregroundPixels: measured.pixels,
    foregroundShare: measured.share,
    squareMillimeters: measured.squareMillimeters,
    places: measured.places,
    meanUncertainty: measured.meanUncertainty,
    uncertaintyPerForeground: measured.uncertaintyPerForeground,
    expectedDice: measured.expectedDice,
    touchesBorder: measured.touchesBorder,
    edited: measured.edited,
    scores: scores.value[side],
  };
}

/** What made the masks of the slices of a volume: one entry for slices in a row that were made alike. */
export function sliceReport(side: Side) {
  const records = [...sliceRecords().values()].flatMap((of) => of[side] ?? []);
  const groups: { slices: readonly [number, number]; made: object }[] = [];
  for (const { slice = 0, prompt, sampling, model, backend, window } of records.toSorted(
    (a, b) => (a.slice ?? 0) - (b.slice ?? 0),
  )) {
    const made = { prompt, sampling, model: model.title, modelSha256: model.sha256, backend, window };
    const last = groups.at(-1);
    if (last && last.slices[1] === slice && JSON.stringify(last.made) === JSON.stringify(made))
      last.slices = [last.slices[0], slice + 1];
    else groups.push({ slices: [slice, slice + 1], made });
  }
  return groups.map(({ slices: [from, to], made }) => ({ slices: `${from}:${to}`, ...made }));
}

/** The fields of the command line's report, and what only the page knows. */
export const report = () => ({
  notice: STRINGS.notice,
  version,
  image: shownImage.value?.name,
  size: shownImage.value && [shownImage.value.width, shownImage.value.height],
  spacing: shownImage.value?.spacing,
  slice: shownImage.value?.slice,
  window: shownImage.value?.window,
  notes: shownImage.value?.notes,
  truth: truth.value,
  mask: maskOptions(),
  uncertaintyScale: [0, MAXIMUM_ENTROPY],
  results: shownResults().flatMap(([side, result]) => resultReport(side, result) ?? []),
});

/** Of the image only its size: file names may contain names of patients. */
export const diagnostics = async () => ({
  version,
  browser: navigator.userAgent,
  cores: navigator.hardwareConcurrency,
  webgpu: 'gpu' in navigator,
  devicePreference: devicePreference.value,
  device: device.value,
  model: { source: chosen.value.source.kind, ...facts.value },
  memory: { ...(await (await engine()).memory()), images: await images().count() },
  image: shownImage.value && [shownImage.value.width, shownImage.value.height],
  settings: {
    samples: samples.value,
    seed: seed.value,
    view: view.value,
    uncertainty: uncertainty.value,
    ...maskOptions(),
  },
  samplesDone: results.value.a?.estimate.samples,
  millisecondsPerSample: results.value.a?.milliseconds.map(Math.round),
  lastProblem: notices.value.find(({ kind }) => kind === 'problem')?.detail,
});
