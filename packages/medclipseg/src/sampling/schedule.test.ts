import fc from 'fast-check';
import { expect, it } from 'vitest';
import { schedule } from './schedule.ts';

const plans = fc.record({
  samples: fc.integer({ min: 1, max: 40 }),
  fold: fc.integer({ min: 1, max: 12 }),
  antithetic: fc.boolean(),
  views: fc.constantFrom(1, 8),
});

/** sample → view */
const viewsOf = (plan: Parameters<typeof schedule>[0]) =>
  new Map([...schedule(plan)].flatMap(({ view, units }) => units.flat().map((sample) => [sample, view] as const)));

it('every sample comes once, in the same view whatever the folding', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const views = viewsOf(plan);
      expect([...views.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: plan.samples }, (_, i) => i));
      expect(views).toEqual(viewsOf({ ...plan, fold: 1 }));
      for (const { units } of schedule(plan))
        expect(units.flat().length).toBeLessThanOrEqual(Math.max(plan.fold, plan.antithetic ? 2 : 1));
    }),
  );
});

it('antithetic partners stay together', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      for (const { units } of schedule({ ...plan, antithetic: true }))
        for (const unit of units)
          expect(unit.map((sample) => sample >> 1)).toEqual(unit.map(() => (unit[0] as number) >> 1));
    }),
  );
});

it('samples cycle through the views', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const counts = new Array(plan.views).fill(0);
      for (const { view, units } of schedule(plan)) counts[view] += units.length;
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});
