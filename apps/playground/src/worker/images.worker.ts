// Entry point of the image worker.
import { expose } from 'comlink';
import { sendErrorTags } from './errors.ts';
import { createImages } from './images.ts';

sendErrorTags();
expose(createImages());
