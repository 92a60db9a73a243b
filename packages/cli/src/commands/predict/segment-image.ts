// One image: maps as PNG files, and what they show.
import { readFile } from 'node:fs/promises';
import { describeImage, type PixelSpacing } from '@medclipseg/datasets';
import { readImage } from '@medclipseg/datasets/node';
import { CLASS_COLORS, type LabelMap, type Segmentation } from 'medclipseg';
import { type ResultFigures, ResultMeter } from 'medclipseg/metrics';
import { UsageError } from '../../errors.ts';
import { type Place, writeClassMaps, writeMaps } from '../../maps.ts';
import { nameNotes, type Outcome, percent, promptNotes, type Segmenter } from './outcome.ts';
import { needsVolume, type Settings, type Task } from './task.ts';

function figuresOf(segmentation: Segmentation, mask: Uint8Array = segmentation.mask): ResultFigures {
  const { width, height, probability, uncertainty } = segmentation;
  const meter = new ResultMeter();
  meter.add({ width, height, mask, probability, uncertainty });
  return meter.result();
}

const EMPTY = 'The mask is empty.';
const TOUCHES = 'The mask touches the border of the image: a part of the structure may be outside.';

/** What a report says about one mask, and its notes. */
function measured(segmentation: Segmentation, mask: Uint8Array | undefined, spacing: PixelSpacing | undefined) {
  const { imagesWithForeground, imagesTouchingBorder, ...figures } = figuresOf(segmentation, mask);
  const area = spacing && figures.foregroundPixels * spacing.x * spacing.y;
  const notes = imagesWithForeground === 0 ? [EMPTY] : imagesTouchingBorder > 0 ? [TOUCHES] : [];
  return {
    numbers: {
      samples: segmentation.samples,
      ...figures,
      ...(area !== undefined && { areaMm2: Number(area.toFixed(2)) }),
    },
    shown: `${percent(figures.foregroundShare)}${area === undefined ? '' : `, ${area.toFixed(1)} mm²`}`,
    notes,
  };
}

function describeClasses(
  { classes, labels, segmentations }: LabelMap,
  prompts: Readonly<Record<string, string>>,
  spacing: PixelSpacing | undefined,
) {
  const found = classes.map((name, i) => {
    const mask = labels.map((label) => (label === i + 1 ? 1 : 0));
    const { numbers, shown, notes } = measured(segmentations.get(name) as Segmentation, mask, spacing);
    const color = CLASS_COLORS[i % CLASS_COLORS.length];
    const row = { label: i + 1, name, prompt: prompts[name], color, ...numbers };
    return { row, line: `${i + 1} ${name}: ${shown}`, notes: nameNotes(name, notes) };
  });
  return {
    numbers: { classes: found.map(({ row }) => row) },
    lines: found.map(({ line }) => line),
    samples: found.map(({ row }) => row.samples).join(' + '),
    notes: found.flatMap(({ notes }) => notes),
  };
}

/**
 * Segments an image and writes its maps.
 *
 * @param onWarning gets warnings of the file when it is read
 * @param beforeWriting called once the model is done
 */
export async function segmentImage(
  segmenter: Segmenter,
  task: Task,
  settings: Settings,
  place: Place,
  {
    signal,
    onWarning,
    beforeWriting,
  }: {
    readonly signal: AbortSignal;
    readonly onWarning: (message: string) => void;
    readonly beforeWriting: () => Promise<void>;
  },
): Promise<Outcome> {
  const { path, what, reading } = task;
  if (needsVolume(task))
    throw new UsageError(
      path,
      'a volume for --axis, --slices and prompts of slices',
      'an image',
      'Leave them out, or name a volume.',
    );
  const { page, volume, window } = reading;
  const warnings: string[] = [];
  const image = await readImage(path, 'color', {
    page,
    volume,
    window,
    onWarning: (message) => {
      warnings.push(message.replace(`${path}: `, ''));
      onWarning(message);
    },
  });
  const { spacing, notes: assumed = [] } = await describeImage(await readFile(path), { name: path });
  const options = { ...settings.sampling, interpolation: settings.interpolation, signal };
  const common = { size: [image.width, image.height], ...(spacing && { spacing: [spacing.x, spacing.y] }) };
  const files = [...new Set([...warnings, ...assumed])];
  const { model } = await segmenter.open();
  if ('classes' in what) {
    const map = await model.label(image, what.classes, { threshold: settings.threshold, ...options });
    await beforeWriting();
    const { numbers, lines, samples, notes } = describeClasses(map, what.classes, spacing);
    return {
      numbers: { ...common, ...numbers },
      line: [...lines, `${samples} samples`].join('\n'),
      notes: [...(await promptNotes(segmenter, Object.values(what.classes))), ...notes, ...files],
      files: await writeClassMaps(place, image, map),
    };
  }
  const { prompt } = what as { prompt: string };
  const result = await model.segment(image, prompt, options);
  await beforeWriting();
  const { numbers, shown, notes } = measured(result, undefined, spacing);
  return {
    numbers: { ...common, prompt, ...numbers },
    line: `${shown.replace('%', '% of the image')}, ${result.samples} samples`,
    notes: [...(await promptNotes(segmenter, [prompt])), ...notes, ...files],
    files: await writeMaps(place, image, result, settings.splitUncertainty),
  };
}
