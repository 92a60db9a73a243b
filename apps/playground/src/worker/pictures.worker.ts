// Entry of the pictures' worker.
import { expose } from 'comlink';
import { passErrorTags } from './errors.ts';
import { createPictures } from './pictures.ts';

passErrorTags();
expose(createPictures());
