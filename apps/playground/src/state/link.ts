// Settings to and from a link.
import { compute } from './engine.ts';
import { drawn } from './picture.ts';
import { comparing, prompts } from './prompts.ts';
import { takePhantom } from './samples.ts';
import { largestOnly, samples, seed, threshold, uncertainty, view } from './settings.ts';
import { readSettings, writeSettings } from './settings-link.ts';

/** The page's address with the present settings. */
export function linkTo(address: string): string {
  const url = new URL(address);
  url.hash = writeSettings({
    prompt: prompts.value.a,
    second: comparing.value ? prompts.value.b : undefined,
    samples: samples.value,
    seed: seed.value,
    view: view.value,
    uncertainty: uncertainty.value,
    threshold: threshold.value,
    largestOnly: largestOnly.value,
    compute: compute.value,
    phantom: drawn.value,
  });
  return url.href;
}

/** Takes over what the address says. Before the engine starts. */
export function followLink(fragment: string): void {
  const linked = readSettings(fragment);
  if (linked.samples !== undefined) samples.value = linked.samples;
  if (linked.seed !== undefined) seed.value = linked.seed;
  // Without a true mask there is nothing to compare with.
  if (linked.view && linked.view !== 'errors') view.value = linked.view;
  if (linked.uncertainty) uncertainty.value = linked.uncertainty;
  if (linked.threshold !== undefined) threshold.value = linked.threshold;
  if (linked.largestOnly) largestOnly.value = true;
  if (linked.compute) compute.value = linked.compute;
  if (linked.prompt || linked.second) prompts.value = { a: linked.prompt ?? '', b: linked.second ?? '' };
  comparing.value = linked.second !== undefined;
  if (linked.phantom) void takePhantom(linked.phantom.modality, linked.phantom.seed);
}
