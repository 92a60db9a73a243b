// The report of a result, and what someone who mends the page wants to know.
import { MAXIMUM_ENTROPY } from 'medclipseg/metrics';
import { version } from '../../package.json';
import { STRINGS } from '../strings.ts';
import type { Side } from '../worker/protocol.ts';
import { compute, engine, machine } from './engine.ts';
import { maskRule, measures, scores } from './layers.ts';
import { chosen, facts } from './model.ts';
import { notices } from './notices.ts';
import { picture, truth } from './picture.ts';
import { results, typicalTime } from './results.ts';
import { samples, seed, uncertainty, view } from './settings.ts';

function resultReport(side: Side) {
  const [result, measured] = [results.value[side], measures.value[side]];
  if (!result || !measured) return undefined;
  return {
    prompt: result.prompt,
    sampling: result.sampling,
    samples: result.estimate.samples,
    millisecondsPerSample: Math.round(typicalTime(result)),
    foregroundPixels: measured.pixels,
    foregroundShare: measured.share,
    squareMillimeters: measured.squareMillimeters,
    places: measured.places,
    meanUncertainty: measured.meanUncertainty,
    scores: scores.value[side],
  };
}

/** What the command line's report tells, and what only the page knows. */
export const report = () => ({
  notice: STRINGS.notice,
  version,
  image: picture.value?.name,
  size: picture.value && [picture.value.width, picture.value.height],
  spacing: picture.value?.spacing,
  truth: truth.value,
  model: chosen.value.id,
  backend: machine.value?.backend,
  mask: maskRule(),
  uncertaintyScale: [0, MAXIMUM_ENTROPY],
  results: [resultReport('a'), resultReport('b')].filter((one) => one !== undefined),
});

/** Nothing of the picture but its size: names of files may name patients. */
export const diagnostics = async () => ({
  version,
  browser: navigator.userAgent,
  cores: navigator.hardwareConcurrency,
  webgpu: 'gpu' in navigator,
  asked: compute.value,
  machine: machine.value,
  model: { source: chosen.value.source.kind, ...facts.value },
  memory: await (await engine()).memory(),
  picture: picture.value && [picture.value.width, picture.value.height],
  settings: {
    samples: samples.value,
    seed: seed.value,
    view: view.value,
    uncertainty: uncertainty.value,
    ...maskRule(),
  },
  samplesDone: results.value.a?.estimate.samples,
  millisecondsOfSamples: results.value.a?.milliseconds.map(Math.round),
  lastProblem: notices.value.find(({ kind }) => kind === 'problem')?.detail,
});
