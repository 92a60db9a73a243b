// Teaching a model in the page: the part of the engine that trains.
import type { EngineState } from './engine-state.ts';
import type { TeachApi } from './teach-protocol.ts';

export const teachApi = (_state: EngineState): TeachApi => ({});
