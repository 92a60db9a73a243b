// English strings of the teaching part.
import type { ExampleProblem } from './examples.ts';

export const TEACH = {
  title: 'Teach',
  intro: {
    title: 'Teach the model with a handful of pictures',
    text: 'Mark what should have been found, write the prompt for it, and press Train. The model learns here, on this device; nothing is sent anywhere.',
    choose: 'Choose pictures',
    current: 'Take the open picture',
    phantoms: 'Try it with three phantoms',
    hint: 'Drop them here, paste them, or choose files. Three to ten are enough.',
  },
  add: 'Add pictures',
  addPhantoms: 'Add three phantoms',
  full: (most: number) => `There is room for ${most} pictures. More are a job for the command line: medclipseg train.`,
  strip: 'Pictures to learn from',
  example: (n: number, name: string) => `Picture ${n}: ${name}`,
  remove: (name: string) => `Remove ${name}`,
  score: (before: string, now: string) => `${before} → ${now}`,
  scoreHint: 'Dice of the model on this picture, before teaching and now. 1 is perfect.',

  canvas: (name: string) => `Mask of ${name}`,
  canvasHelp:
    'Arrow keys move the brush, Space paints, [ and ] change its size, E erases, Z undoes, plus and minus zoom, 0 shows all.',
  tools: {
    label: 'Brush',
    modes: { paint: 'Paint', erase: 'Erase' },
    size: 'Size',
    pixels: (n: number) => `${n} px`,
    undo: 'Undo stroke (Z)',
    redo: 'Redo stroke (Shift+Z)',
    zoomIn: 'Zoom in (+)',
    zoomOut: 'Zoom out (−)',
    fit: 'Show all (0)',
    clear: 'Clear the mask',
    fromModel: 'Begin from the model’s mask',
    outline: 'Show what the model finds',
  },
  prompt: 'Prompt for this picture',
  placeholder: 'one small polyp, located in top left of the image',

  problems: {
    'no-prompt': 'Write what is to be found in this picture.',
    'empty-mask':
      'Nothing is marked. Paint over what the prompt tells of, or write that there is nothing: “no polyp in the image”.',
    'unexpected-mask': 'The prompt tells that there is nothing, and something is marked. If that is meant, train on.',
  } satisfies Record<ExampleProblem, string>,
  faulty: (n: number) => (n === 1 ? 'One picture is not ready.' : `${n} pictures are not ready.`),

  training: {
    title: 'Training',
    train: 'Train',
    again: 'Train more',
    steps: 'Steps',
    stepsHint: 'More steps learn these pictures better, and forget more of what the model could do.',
    pause: 'Pause',
    resume: 'Go on',
    stop: 'Stop',
    undo: 'Undo training',
    reset: 'Forget all',
    save: 'Save the model',
    hint: 'Adapters, upscaler and mask head learn; the encoders stay as they are. It takes about a minute.',
    saveHint: 'A checkpoint that the command line opens: medclipseg predict --model FILE',
    chart: 'Loss',
    chartLabel: (step: number, steps: number, loss: string) => `Loss at step ${step} of ${steps}: ${loss}`,
    states: {
      nothing: '',
      trying: 'Looking at the pictures…',
      training: 'Learning…',
      paused: 'Paused. You can try it under Segment.',
      stopping: 'Stopping after this step…',
      saving: 'Writing the file…',
    },
    step: (step: number, steps: number) => `Step ${step} of ${steps}`,
    left: (seconds: number) => `about ${seconds} s left`,
    learned: 'This model has learned something here. It is in use under Segment; save it to keep it.',
    warning:
      'A few pictures can make a model better for pictures like them and worse for others. Check it on pictures it has not learned from.',
  },
  diverged: (step: number, names: readonly string[]) =>
    `The training went astray at step ${step} (${names.join(', ')}) and was taken back. Check these pictures and their masks, and train again.`,
  gpuLost:
    'The graphics device was lost, and what the model had learned with it. Your pictures and masks are still here; the page goes on without it, more slowly.',
  fileName: (model: string) => `${model.replace(/\.[^.]+$/, '')}-taught.safetensors`,
} as const;
