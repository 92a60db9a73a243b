// The open images with their ground truth and results: decoding, drawing, measuring and encoding, off the page's thread.
import { drawPhantom, isDatasetError, type RasterImage, resizeLinear, thresholdMask } from '@medclipseg/datasets';
import { transfer } from 'comlink';
import { imageScores } from 'medclipseg/metrics';
import { MaskEditor } from '../painting/mask-editor.ts';
import { contentHash } from './content-hash.ts';
import { PlaygroundError } from './errors.ts';
import { encode, encodeVolume } from './files.ts';
import { bitmapOf, drawDifference, drawLayer, fullMask, measure, type OpenImage } from './open-image.ts';
import type { ImagesApi, OpenOptions, ShownImage, Side, Windows } from './protocol.ts';
import { readFile, readMask, readMaskVolume } from './read-mask.ts';
import { openSeries, openStack, type Stack, sliceFacts } from './stack.ts';

/** The windows to choose from of an error of a file that needs one. */
function windowsOf(error: unknown): Windows {
  const windows = isDatasetError(error, 'datasets/image') && (error as Partial<Windows> & Error).windows;
  if (!windows) throw error;
  return { windows };
}

export function createImages(): ImagesApi {
  const open = new Map<number, OpenImage>();
  let lastId = 0;

  const find = (id: number): OpenImage => {
    const found = open.get(id);
    if (!found)
      throw new PlaygroundError('playground/not-open', `image ${id}: expected an open image, got none. Open it again.`);
    return found;
  };
  const resultOf = (id: number, side: Side) => {
    const found = find(id);
    const estimate = found.results[side];
    if (!estimate)
      throw new PlaygroundError(
        'playground/not-open',
        `image ${id}: expected a result of prompt ${side}, got none. Segment first.`,
      );
    return { found, estimate };
  };
  const add = (image: Omit<OpenImage, 'results' | 'editors'>): number => {
    lastId += 1;
    open.set(lastId, { ...image, results: {}, editors: {} });
    return lastId;
  };
  const show = async (id: number): Promise<ShownImage> => {
    const { image, name, stack, index, window, notes, truthName, spacing } = find(id);
    const { width, height } = image;
    return {
      id,
      name,
      width,
      height,
      spacing,
      pixelAspect: stack?.pixelAspect ?? 1,
      slice: stack && sliceFacts(stack, index),
      edges: stack?.edges,
      window,
      presets: stack?.presets ?? {},
      notes,
      truth: truthName,
      bitmap: await bitmapOf(image),
    };
  };
  /** The open image of a slice, opened if it is not. */
  const sliceOf = async (stack: Stack, index: number): Promise<number> => {
    const openOne = () => [...open].find(([, one]) => one.stack === stack && one.index === index)?.[0];
    const before = openOne();
    if (before !== undefined) return before;
    const { image, window, notes } = await stack.read(index);
    const truth = await stack.truth?.at(index);
    const { name, spacing } = stack;
    // Another request may have opened it meanwhile.
    const meanwhile = openOne();
    if (meanwhile !== undefined) return meanwhile;
    return add({ image, name, spacing, stack, index, window, notes, truth, truthName: stack.truth?.name });
  };
  /** Slices without anything of their own are read again when they are shown again. */
  const leave = (id: number): void => {
    const { results, truth, stack } = find(id);
    if (Object.keys(results).length === 0 && (!truth || stack?.truth)) open.delete(id);
  };
  const begin = async (stack: Stack, { index }: OpenOptions): Promise<ShownImage> =>
    show(await sliceOf(stack, index ?? (stack.volume ? Math.floor(stack.count / 2) : 0)));
  const sent = <Shown extends ShownImage>(shown: Shown): Shown => transfer(shown, [shown.bitmap]);

  return {
    hash: contentHash,

    async open(file, name, options = {}) {
      const bytes = await readFile(file, name);
      try {
        const stack = await openStack(bytes, name, options);
        return 'volumes' in stack ? stack : sent(await begin(stack, options));
      } catch (error) {
        return windowsOf(error);
      }
    },

    async openSeries(files, options = {}) {
      const read = new Map<string, Uint8Array>();
      for (const [name, file] of files) read.set(name, await readFile(file, name));
      try {
        const { stack, leftOut } = await openSeries(read, options.window);
        return sent({ ...(await begin(stack, options)), leftOut });
      } catch (error) {
        return windowsOf(error);
      }
    },

    async phantom(modality, seed, size) {
      const { image, mask, prompt } = drawPhantom({ modality, seed, size });
      const phantomMask = thresholdMask(mask);
      const id = add({ image, name: `${modality}-phantom-${seed}`, index: 0, notes: [], phantomMask });
      return sent({ ...(await show(id)), modality, prompt });
    },

    async seek(id, index) {
      const { stack } = find(id);
      if (!stack || !(index >= 0 && index < stack.count))
        throw new PlaygroundError(
          'playground/not-open',
          `slice ${index}: expected a slice from 0 to ${(stack?.count ?? 1) - 1}, got none. Choose another.`,
        );
      const found = await sliceOf(stack, index);
      if (found !== id) leave(id);
      return sent({ ...(await show(found)), estimates: find(found).results });
    },

    async setWindow(id, window) {
      const found = find(id);
      const { stack } = found;
      stack?.setWindow(window);
      // Other slices that are open have results, and their images are read again with the new window.
      for (const one of open.values())
        if (stack && one.stack === stack) Object.assign(one, await stack.read(one.index));
      return sent(await show(id));
    },

    count: () => open.size,

    close(id) {
      const closed = open.get(id);
      for (const [other, { stack }] of open) if (stack && stack === closed?.stack) open.delete(other);
      open.delete(id);
    },

    forModel: (id, size) => forModel(find(id).image, size),

    async sliceForModel(id, index, size) {
      const { stack } = find(id);
      const slice = stack ? await sliceOf(stack, index) : id;
      return { id: slice, image: forModel(find(slice).image, size) };
    },

    edit(id, side, options, edit) {
      const { found, estimate } = resultOf(id, side);
      const { width, height } = found.image;
      const { editors } = found;
      editors[side] ??= new MaskEditor({
        width,
        height,
        channels: 1,
        data: fullMask(found, estimate, options, side).map((inside) => 255 * inside),
      });
      const editor = editors[side];
      if (edit.kind === 'stroke') editor.stroke(edit.points, edit.brush);
      else if (edit.kind === 'end') editor.end();
      else if (edit.kind === 'undo') editor.undo();
      else if (edit.kind === 'redo') editor.redo();
      const { canUndo, canRedo } = editor;
      // Without strokes the mask is the result's again, and follows the threshold.
      if (edit.kind === 'discard' || (!canUndo && !canRedo && edit.kind !== 'stroke')) editors[side] = undefined;
      return { canUndo, canRedo, isEdited: canUndo && edit.kind !== 'discard' };
    },

    async openTruth(id, file, name, options = {}) {
      const found = find(id);
      const { stack } = found;
      const volume = stack && (await readMaskVolume(file, name, stack, options));
      if (volume && 'labels' in volume) return volume;
      if (stack && volume) {
        stack.truth = { name, at: async (index) => volume.at(index) };
        for (const one of open.values())
          if (one.stack === stack) Object.assign(one, { truth: await volume.at(one.index), truthName: name });
        return undefined;
      }
      const { width, height } = found.image;
      const mask = await readMask(file, name, options, (size) => {
        if (size.width !== width || size.height !== height)
          throw new PlaygroundError(
            'playground/mask-size',
            `${name}: expected a mask of ${width}x${height} pixels, got ${size.width}x${size.height}. Choose the mask of this image.`,
          );
      });
      if (!('data' in mask)) return mask;
      Object.assign(found, { truth: thresholdMask(mask), truthName: name });
      return undefined;
    },

    async readMask(file, name, aspect, options = {}) {
      return readMask(file, name, options, ({ width, height }) => {
        // Painted masks are smaller than their images, so that their sides are rounded.
        if (Math.abs(width / height / aspect - 1) > 0.01)
          throw new PlaygroundError(
            'playground/mask-size',
            `${name}: expected a mask with the image's aspect ratio of ${aspect.toFixed(2)}, got ${width}x${height} pixels. Choose the mask of this image.`,
          );
      });
    },

    truthMask(id) {
      const { image, truth } = find(id);
      const { width, height } = image;
      return truth && { width, height, channels: 1, data: truth.map((inside) => 255 * inside) };
    },

    openPhantomTruth(id) {
      const found = find(id);
      found.truth = found.phantomMask;
    },

    removeTruth(id) {
      const { stack } = find(id);
      if (stack) stack.truth = undefined;
      for (const [other, one] of open)
        if (other === id || (stack && one.stack === stack))
          Object.assign(one, { truth: undefined, truthName: undefined });
    },

    setResult(id, side, estimate) {
      // The image may have been closed before its last sample arrived.
      const found = open.get(id);
      if (!found) return;
      if (estimate) found.results[side] = estimate;
      else delete found.results[side];
      found.editors[side] = undefined;
    },

    layer(id, side, options) {
      const { found, estimate } = resultOf(id, side);
      const drawn = drawLayer(found, estimate, options, side);
      return transfer(drawn, [drawn.bitmap]);
    },

    differenceLayer(id) {
      const bitmap = drawDifference(find(id).image, resultOf(id, 'a').estimate, resultOf(id, 'b').estimate);
      return transfer(bitmap, [bitmap]);
    },

    measure(id, side, options) {
      const { found, estimate } = resultOf(id, side);
      return measure(found, estimate, options, side);
    },

    score(id, side, options) {
      const { found, estimate } = resultOf(id, side);
      const { width, height } = found.image;
      if (!found.truth)
        throw new PlaygroundError(
          'playground/not-open',
          `image ${id}: expected a ground truth, got none. Open one first.`,
        );
      const prediction = { width, height, data: fullMask(found, estimate, options, side) };
      return imageScores({ width, height, data: found.truth }, prediction, { spacing: found.spacing });
    },

    async encode(id, side, options, what) {
      const { found, estimate } = resultOf(id, side);
      return encode(found, estimate, fullMask(found, estimate, options, side), what);
    },

    async encodeVolume(id, side, options) {
      const { stack } = find(id);
      if (!stack?.volume)
        throw new PlaygroundError(
          'playground/not-open',
          `image ${id}: expected a volume, got an image. Open a volume.`,
        );
      const slices = [...open.values()].filter((one) => one.stack === stack && one.results[side]);
      return encodeVolume(stack.volume, slices, side, options);
    },
  };
}

/** A copy of its own, since it is sent to the engine. */
function forModel(image: RasterImage, size: number): RasterImage {
  const small = resizeLinear(image, size, size);
  return { ...small, data: Uint8Array.from(small.data) };
}
