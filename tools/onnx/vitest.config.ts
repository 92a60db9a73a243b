// The packages whose files Python reads, in a virtual environment that is made once.
import { mergeConfig } from 'vitest/config';
import { packageTests } from '../../vitest.base.ts';

export default mergeConfig(packageTests(import.meta.dirname), { test: { globalSetup: ['src/environment.ts'] } });
