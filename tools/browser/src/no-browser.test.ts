// Takes the place of the browser suites where there is no Chromium; in CI that is an error of the configuration.
import { it } from 'vitest';

it.skip('browser suites skipped: no Chromium; install it or set MEDCLIPSEG_CHROMIUM', () => {});
