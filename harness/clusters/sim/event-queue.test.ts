import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';

describe('EventQueue', () => {
  it('pops in order of time, and in order of scheduling at equal times, also when pops and pushes mix', () => {
    // A step below zero pops; any other pushes at that time (many ties).
    const steps = fc.array(fc.integer({ min: -3, max: 7 }), { maxLength: 400 });
    fc.assert(
      fc.property(steps, (script) => {
        const queue = new EventQueue<{ time: number; order: number }>();
        const model: { time: number; order: number }[] = [];
        let order = 0;
        for (const step of script) {
          if (step >= 0) {
            const item = { time: step, order: order++ };
            queue.push(step, item);
            model.push(item);
          } else {
            model.sort((a, b) => a.time - b.time || a.order - b.order);
            expect(queue.nextTime).toBe(model[0]?.time ?? Number.POSITIVE_INFINITY);
            expect(queue.pop()).toBe(model.shift());
          }
        }
        model.sort((a, b) => a.time - b.time || a.order - b.order);
        for (const item of model) expect(queue.pop()).toBe(item);
        expect(queue.size).toBe(0);
      }),
    );
  });

  it('grows beyond its first arrays', () => {
    const queue = new EventQueue<number>();
    for (let i = 0; i < 5000; i++) queue.push((i * 7919) % 5003, i);
    let last = -1;
    while (queue.size > 0) {
      expect(queue.nextTime).toBeGreaterThanOrEqual(last);
      last = queue.nextTime;
      queue.pop();
    }
  });
});
