// Teach it: draw masks, write sentences, train.
import { TEACH } from './strings.ts';

export const TeachView = () => <h2>{TEACH.title}</h2>;
