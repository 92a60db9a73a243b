// Entry of the engine's worker.
import { expose } from 'comlink';
import { createEngine } from './engine.ts';
import { passErrorTags } from './errors.ts';

passErrorTags();
expose(createEngine());
