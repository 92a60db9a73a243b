// Settings as the fragment of an address, which browsers send to no server. Pure, and strict in what it reads: links come from anywhere.
import { MODALITIES, type Modality } from '@medclipseg/datasets';
import { type Compute, UNCERTAINTIES, type Uncertainty, VIEWS, type View } from '../worker/protocol.ts';

export interface LinkedSettings {
  readonly prompt: string;
  /** Of the comparison. */
  readonly second?: string;
  readonly samples: number;
  readonly seed: number;
  readonly view: View;
  readonly uncertainty: Uncertainty;
  readonly threshold: number;
  readonly largestOnly: boolean;
  readonly compute: Compute;
  readonly phantom?: { readonly modality: Modality; readonly seed: number };
}

/** Of a prompt; models read some fifty words. */
const MOST_LETTERS = 400;

const oneOf = <Value extends string>(values: readonly Value[], text: string | null): Value | undefined =>
  values.find((value) => value === text);

const within = (text: string | null, least: number, most: number, whole: boolean): number | undefined => {
  if (!text) return undefined;
  const value = Number(text);
  return value >= least && value <= most && (!whole || Number.isInteger(value)) ? value : undefined;
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

/** What of a fragment makes sense; the rest counts as not said. */
export function readSettings(fragment: string): Partial<LinkedSettings> {
  const read = new URLSearchParams(fragment.replace(/^#/, ''));
  const [modality, drawing] = (read.get('phantom') ?? '').split('.');
  const known = oneOf(MODALITIES, modality ?? null);
  const phantomSeed = within(drawing ?? null, 0, 2 ** 31 - 1, true);
  const found: { [Name in keyof LinkedSettings]: LinkedSettings[Name] | undefined } = {
    prompt: read.get('prompt')?.slice(0, MOST_LETTERS),
    second: read.get('second')?.slice(0, MOST_LETTERS),
    samples: within(read.get('samples'), 1, 100, true),
    seed: within(read.get('seed'), 0, 2 ** 31 - 1, true),
    view: oneOf(VIEWS, read.get('view')),
    uncertainty: oneOf(UNCERTAINTIES, read.get('uncertainty')),
    threshold: within(read.get('threshold'), 0.05, 0.95, false),
    largestOnly: read.get('largest') === '1' || undefined,
    compute: oneOf(['auto', 'webgpu', 'wasm'] as const, read.get('compute')),
    phantom: known && phantomSeed !== undefined ? { modality: known, seed: phantomSeed } : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
