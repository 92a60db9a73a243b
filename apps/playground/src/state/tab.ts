// Which half of the page is shown.
import { signal } from '@preact/signals';

export type Tab = 'segment' | 'teach';

export const tab = signal<Tab>('segment');
