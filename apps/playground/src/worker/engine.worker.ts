// Entry point of the engine worker.
import { expose } from 'comlink';
import { createEngine } from './engine.ts';
import { sendErrorTags } from './errors.ts';

sendErrorTags();
expose(createEngine());
