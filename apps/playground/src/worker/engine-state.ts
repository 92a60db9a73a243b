// What the engine holds: shared by segmenting and teaching.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import type { MedCLIPSeg, Network } from 'medclipseg';
import type { TeachSession } from './teach-session.ts';

export interface OpenModel {
  readonly model: MedCLIPSeg;
  readonly network: Network;
  readonly tokenizer: Tokenizer;
}

export interface EngineState {
  open?: OpenModel;
  /** Ends the work under way. */
  work?: AbortController;
  /** Of the open model, once it was taught. */
  teaching?: TeachSession;
}
