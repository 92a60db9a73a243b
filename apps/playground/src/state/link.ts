// Settings as the fragment of a link, which browsers do not send to servers. Links come from anywhere, so reading is strict.
import { MODALITIES, type Modality } from '@medclipseg/datasets';
import { type DevicePreference, UNCERTAINTIES, type Uncertainty, VIEWS, type View } from '../worker/protocol.ts';
import { devicePreference } from './engine.ts';
import { openPhantom, phantom } from './image.ts';
import { comparing, prompts } from './prompts.ts';
import { results, shownResults } from './results.ts';
import { LIMITS, largestOnly, samples, seed, threshold, uncertainty, view } from './settings.ts';

export interface LinkedSettings {
  readonly prompt: string;
  /** The prompt to compare with. */
  readonly second?: string;
  readonly samples: number;
  readonly seed: number;
  readonly view: View;
  readonly uncertainty: Uncertainty;
  readonly threshold: number;
  readonly largestOnly: boolean;
  readonly device: DevicePreference;
  readonly phantom?: { readonly modality: Modality; readonly seed: number };
}

/** Models read about fifty words. */
const MAXIMUM_PROMPT_LENGTH = 400;

const oneOf = <Value extends string>(values: readonly Value[], text: string | null): Value | undefined =>
  values.find((value) => value === text);

type Limits = readonly [minimum: number, maximum: number];

const within = (text: string | null, [minimum, maximum]: Limits, whole: boolean): number | undefined => {
  if (!text) return undefined;
  const value = Number(text);
  return value >= minimum && value <= maximum && (!whole || Number.isInteger(value)) ? value : undefined;
};

export function writeSettings(settings: LinkedSettings): string {
  const { prompt, second, largestOnly, phantom, ...plain } = settings;
  const written = new URLSearchParams();
  if (prompt) written.set('prompt', prompt);
  if (second) written.set('second', second);
  for (const [name, value] of Object.entries(plain)) written.set(name, `${value}`);
  if (largestOnly) written.set('largest', '1');
  if (phantom) written.set('phantom', `${phantom.modality}.${phantom.seed}`);
  return written.toString();
}

/** The valid settings of a fragment; everything else is ignored. */
export function readSettings(fragment: string): Partial<LinkedSettings> {
  const read = new URLSearchParams(fragment.replace(/^#/, ''));
  const [modality, number] = (read.get('phantom') ?? '').split('.');
  const known = oneOf(MODALITIES, modality ?? null);
  const phantomSeed = within(number ?? null, LIMITS.seed, true);
  const found: { [Name in keyof LinkedSettings]: LinkedSettings[Name] | undefined } = {
    prompt: read.get('prompt')?.slice(0, MAXIMUM_PROMPT_LENGTH),
    second: read.get('second')?.slice(0, MAXIMUM_PROMPT_LENGTH),
    samples: within(read.get('samples'), LIMITS.samples, true),
    seed: within(read.get('seed'), LIMITS.seed, true),
    view: oneOf(VIEWS, read.get('view')),
    uncertainty: oneOf(UNCERTAINTIES, read.get('uncertainty')),
    threshold: within(read.get('threshold'), LIMITS.threshold, false),
    largestOnly: read.get('largest') === '1' || undefined,
    device: oneOf(['auto', 'webgpu', 'wasm'] as const, read.get('device')),
    phantom: known && phantomSeed !== undefined ? { modality: known, seed: phantomSeed } : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** The page's address with what made the results on view, or with the current settings where there are none. */
export function linkTo(address: string): string {
  const url = new URL(address);
  url.hash = writeSettings({
    prompt: results.value.a?.prompt ?? prompts.value.a,
    second: comparing.value ? (results.value.b?.prompt ?? prompts.value.b) : undefined,
    ...(shownResults()[0]?.[1].sampling ?? { samples: samples.value, seed: seed.value }),
    view: view.value,
    uncertainty: uncertainty.value,
    threshold: threshold.value,
    largestOnly: largestOnly.value,
    device: devicePreference.value,
    phantom: phantom.value,
  });
  return url.href;
}

/** Applies the settings of a fragment. Called before the engine starts. */
export function applyLink(fragment: string): void {
  const linked = readSettings(fragment);
  if (linked.samples !== undefined) samples.value = linked.samples;
  if (linked.seed !== undefined) seed.value = linked.seed;
  // The errors view needs a ground truth, which no link carries.
  if (linked.view && linked.view !== 'errors') view.value = linked.view;
  if (linked.uncertainty) uncertainty.value = linked.uncertainty;
  if (linked.threshold !== undefined) threshold.value = linked.threshold;
  if (linked.largestOnly) largestOnly.value = true;
  if (linked.device) devicePreference.value = linked.device;
  if (linked.prompt || linked.second) prompts.value = { a: linked.prompt ?? '', b: linked.second ?? '' };
  comparing.value = linked.second !== undefined;
  if (linked.phantom) void openPhantom(linked.phantom.modality, linked.phantom.seed);
}
