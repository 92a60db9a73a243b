// The logs of a training: a line per epoch, and curves for TensorBoard.
import { join } from 'node:path';
import { createEventWriter, openJsonLines } from 'medclipseg/node';
import type { EpochReport, StepReport } from 'medclipseg/training';

export interface RunLog {
  /** @param done steps since the training began */
  step(done: number, report: StepReport): Promise<void>;
  epoch(done: number, report: EpochReport): Promise<void>;
  close(): Promise<void>;
}

/** Opens the logs of a training. Entries of an earlier run that came after the checkpoint it resumes from are dropped. */
export async function openRunLog(
  folder: string,
  resumed?: { readonly epoch: number; readonly done: number },
): Promise<RunLog> {
  const lines = await openJsonLines(join(folder, 'log.jsonl'), {
    keep: (record) => resumed !== undefined && (record.epoch as number) < resumed.epoch,
  });
  const events = await createEventWriter(join(folder, 'events'), resumed && { resumeStep: resumed.done });
  return {
    step: (done, { learningRate, loss }) =>
      events.write(done, {
        scalars: {
          'loss/total': loss.total,
          'loss/dice': loss.dice,
          'loss/cross-entropy': loss.crossEntropy,
          'loss/contrastive': loss.contrastive,
          'learning-rate': learningRate,
        },
      }),
    async epoch(done, report) {
      await lines.write({ ...report, seconds: Math.round(performance.now() / 1000) });
      const { validationDice, validationLoss } = report;
      if (validationDice !== undefined && validationLoss !== undefined)
        await events.write(done, { scalars: { 'validation/dice': validationDice, 'validation/loss': validationLoss } });
    },
    async close() {
      await lines.close();
      await events.close();
    },
  };
}
