// The modality that a command is told.
import { MODALITIES, type Modality } from '@medclipseg/datasets';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';

export function modalityOf(text: string): Modality {
  const { data } = z.enum(MODALITIES).safeParse(text);
  if (data) return data;
  throw new UsageError('--modality', MODALITIES.join(', '), `'${text}'`, 'Choose one of them.');
}
