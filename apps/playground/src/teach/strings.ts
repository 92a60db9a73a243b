// English text of the Teach tab.
import type { ExampleProblem } from './examples.ts';

export const TEACH = {
  title: 'Teach',
  intro: {
    title: 'Teach the model with a few images',
    steps: [
      'Mark on each image what the model should have found.',
      'Write a prompt for it.',
      'Press Train. The model is trained on this device; nothing is uploaded.',
    ],
    choose: 'Choose images',
    current: 'Use the open image',
    phantoms: 'Try it with three phantoms',
    hint: 'Drop them here, paste them, or choose files. Three to ten are enough.',
  },
  add: 'Add images',
  addPhantoms: 'Add three phantoms',
  full: (maximum: number) =>
    `At most ${maximum} images can be added. To train on more, use the command line: medclipseg train.`,
  needsWindow: (name: string) =>
    `${name} was not added: it does not say which values to show as black and white. Open it in the Segment tab, choose a window, and use “Use the open image” here.`,
  strip: 'Training images',
  example: (n: number, name: string) => `Image ${n}: ${name}`,
  remove: (name: string) => `Remove ${name}`,
  removed: (name: string) => `${name} was removed, with its mask and prompt.`,
  undoRemoval: 'Undo',
  score: (before: string, now: string) => `${before} → ${now}`,
  scoreHint: 'Dice score of the model on this image before training and now. 1 is perfect.',

  canvas: (name: string) => `Mask of ${name}`,
  canvasHelp:
    'Arrow keys move the brush, Space paints, [ and ] change its size, E erases, Z undoes, plus and minus zoom, 0 shows the whole image.',
  tools: {
    label: 'Brush',
    modes: { paint: 'Paint', erase: 'Erase' },
    size: 'Size',
    pixels: (n: number) => `${n} px`,
    undo: 'Undo stroke (Z)',
    redo: 'Redo stroke (Shift+Z)',
    zoomIn: 'Zoom in (+)',
    zoomOut: 'Zoom out (−)',
    fit: 'Show the whole image (0)',
    clear: 'Clear the mask',
    importMask: 'Import a mask',
    fromModel: 'Start from the model’s mask',
    outline: 'Show the model’s mask',
  },
  prompt: 'Prompt for this image',
  placeholder: 'one small polyp, located in top left of the image',

  problems: {
    'no-prompt': 'The prompt is empty. Describe what to segment.',
    'empty-mask':
      'The mask is empty. Paint what the prompt describes, or write that there is nothing: “no polyp in the image”.',
    'unexpected-mask':
      'The prompt says that there is nothing, but the mask is not empty. You can train if that is intended.',
  } satisfies Record<ExampleProblem, string>,
  notReady: (n: number) => (n === 1 ? 'One image is not ready.' : `${n} images are not ready.`),

  training: {
    title: 'Training',
    train: 'Train',
    again: 'Train more',
    steps: 'Steps',
    stepsHint: 'With more steps the model fits these images better and forgets more of what it knew.',
    pause: 'Pause',
    resume: 'Resume',
    stop: 'Stop',
    undo: 'Undo training',
    reset: (original: string) => `Back to ${original}`,
    save: 'Save the model',
    hint: 'Trains the adapters, the upscaler and the mask head; the encoders stay frozen. Takes about a minute.',
    saveHint: 'A checkpoint for the command line: medclipseg predict --model FILE',
    chart: 'Loss',
    chartLabel: (step: number, steps: number, loss: string) => `Loss at step ${step} of ${steps}: ${loss}`,
    states: {
      idle: '',
      evaluating: 'Evaluating the images…',
      training: 'Training…',
      paused: 'Paused. You can try the model in the Segment tab.',
      stopping: 'Stopping after this step…',
    },
    step: (step: number, steps: number) => `Step ${step} of ${steps}`,
    left: (seconds: number) => `about ${seconds} s left`,
    trained: (title: string) =>
      `“${title}” is in use in the Segment tab and is kept in this browser. Save it as a file for the command line or another computer.`,
    warning:
      'Training on a few images can improve the model on similar images and make it worse on others. Test it on images it was not trained on.',
  },
  diverged: (step: number, names: readonly string[]) =>
    `Training diverged at step ${step} (${names.join(', ')}) and was undone. Check these images and their masks, then train again.`,
  gpuLost:
    'The graphics device was lost, which stopped the training. The model is as it was before it. Your images and masks are still here. The page continues without the device, more slowly.',
  engineReplaced:
    'The device was changed, which stopped the training. The model is as it was before it. Your images and masks are still here.',
  modelTitle: (original: string, images: number) =>
    `${original}, taught on ${images === 1 ? '1 image' : `${images} images`}`,
  fileName: (original: string, images: number) =>
    `${original.replace(/\.(safetensors|pth|pt|bin)$/, '').replace(/[^\w.-]+/g, '-')}-taught-on-${images}.safetensors`,
  notKept: (title: string) =>
    `There is no room in this browser to keep “${title}”. Save it as a file, or it is lost when the page closes.`,
} as const;
