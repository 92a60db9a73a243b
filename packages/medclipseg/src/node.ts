// Models on disk.
export { BEST, LATEST, type LoadedModel, loadModel, loadTraining, saveCheckpoint } from './checkpoint.ts';
