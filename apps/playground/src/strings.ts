// Every English word that the page shows. The teaching part has its own beside it.
import { TEACH } from './teach/strings.ts';

export const STRINGS = {
  title: 'MedCLIPSeg',
  playground: 'playground',
  notice: 'For research only. Not a medical device.',
  tabs: { label: 'Mode', segment: 'Segment', teach: TEACH.title },
} as const;
