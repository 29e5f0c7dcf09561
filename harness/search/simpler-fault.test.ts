import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../model/fault.ts';
import { simplerFaults } from './simpler-fault.ts';

const window = { id: 'f', atMs: 1000, untilMs: 9000, targets: ['n1', 'n2'] };
const STROBE: PlannedFault = { type: 'clock-strobe', skewMs: -2000, everyMs: 50, ...window };
const CPU: PlannedFault = { type: 'cpu', share: 0.02, ...window };
const FULL: PlannedFault = { type: 'disk-full', ...window };

/** Takes candidates for as long as there are any. */
function simplest(fault: PlannedFault): PlannedFault {
  let current = fault;
  for (let steps = 0; steps < 100; steps++) {
    const [next] = simplerFaults(current);
    if (next === undefined) return current;
    current = next;
  }
  throw new Error('it does not come to an end');
}

describe.each([STROBE, CPU, FULL])('a simpler $type', (fault) => {
  it('is of its kind, within its window, on some of its targets, and comes to an end', () => {
    const candidates = simplerFaults(fault);
    expect(candidates.length).toBeGreaterThan(3);
    for (const { type, atMs, untilMs, ...rest } of candidates) {
      expect(type).toBe(fault.type);
      expect(atMs).toBeGreaterThanOrEqual(fault.atMs);
      expect(untilMs).toBeLessThanOrEqual(fault.untilMs);
      expect('targets' in rest && rest.targets.every((target) => window.targets.includes(target))).toBe(true);
      expect({ type, atMs, untilMs, ...rest }).not.toEqual(fault);
    }
    expect(simplest(fault)).toMatchObject({ type: fault.type, targets: [expect.any(String)] });
  });
});

it('leaps less far and less often, and leaves more of a processor', () => {
  expect(simplerFaults(STROBE)).toContainEqual({ ...STROBE, skewMs: -1000 });
  expect(simplerFaults(STROBE)).toContainEqual({ ...STROBE, everyMs: 100 });
  expect(simplerFaults(CPU)).toContainEqual({ ...CPU, share: 0.04 });
  expect(simplerFaults({ ...CPU, share: 0.4 }).every((fault) => fault.type === 'cpu' && fault.share === 0.4)).toBe(
    true,
  );
});
