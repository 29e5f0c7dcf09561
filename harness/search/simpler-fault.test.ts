import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../model/fault.ts';
import { simplerFaults } from './simpler-fault.ts';

const MEMBERS = ['n1', 'n2', 'n3'];
const window = { id: 'f', atMs: 1000, untilMs: 9000, targets: ['n1', 'n2'] };
const STROBE: PlannedFault = { type: 'clock-strobe', skewMs: -2000, everyMs: 50, ...window };
const CPU: PlannedFault = { type: 'cpu', share: 0.02, ...window };
const FULL: PlannedFault = { type: 'disk-full', ...window };
const LIAR: PlannedFault = { type: 'byzantine', channel: 'swim', behaviour: 'forge', ...window };

/** Takes candidates for as long as there are any. */
function simplest(fault: PlannedFault): PlannedFault {
  let current = fault;
  for (let steps = 0; steps < 100; steps++) {
    const [next] = simplerFaults(current, MEMBERS);
    if (next === undefined) return current;
    current = next;
  }
  throw new Error('it does not come to an end');
}

const DRIFT: PlannedFault = { type: 'clock-drift', factor: 1.1, ...window };
const SLOW_TIMERS: PlannedFault = { type: 'timer-drift', factor: 0.9, ...window };

describe.each([STROBE, CPU, FULL, LIAR, DRIFT, SLOW_TIMERS])('a simpler $type', (fault) => {
  it('is of its kind, within its window, on some of its targets, and comes to an end', () => {
    const candidates = simplerFaults(fault, MEMBERS);
    expect(candidates.length).toBeGreaterThan(3);
    for (const { type, atMs, untilMs, ...rest } of candidates) {
      expect(type).toBe(fault.type);
      expect(atMs).toBeGreaterThanOrEqual(fault.atMs);
      expect(untilMs).toBeLessThanOrEqual(fault.untilMs);
      expect('targets' in rest && rest.targets.every((target) => window.targets.includes(target))).toBe(true);
      expect({ type, atMs, untilMs, ...rest }).not.toEqual(fault);
    }
    for (let current: PlannedFault | undefined = fault, steps = 0; current !== undefined; steps++) {
      expect(steps).toBeLessThan(100);
      const weaker: readonly PlannedFault[] = simplerFaults(current, MEMBERS);
      expect(weaker).not.toContainEqual(current);
      current = weaker.at(-1);
    }
    expect(simplest(fault)).toMatchObject({ type: fault.type, targets: [expect.any(String)] });
  });
});

it('leaps less far and less often, and leaves more of a processor', () => {
  expect(simplerFaults(STROBE, MEMBERS)).toContainEqual({ ...STROBE, skewMs: -1000 });
  expect(simplerFaults(STROBE, MEMBERS)).toContainEqual({ ...STROBE, everyMs: 100 });
  expect(simplerFaults(CPU, MEMBERS)).toContainEqual({ ...CPU, share: 0.04 });
  expect(
    simplerFaults({ ...CPU, share: 0.4 }, MEMBERS).every((fault) => fault.type === 'cpu' && fault.share === 0.4),
  ).toBe(true);
});

const everywhere = { id: 'f', atMs: 1000, untilMs: 9000, links: 'all' } as const;
const LINK_FAULTS: readonly PlannedFault[] = [
  { type: 'loss', probability: 0.3, ...everywhere },
  { type: 'delay', delayMs: 40, jitterMs: 5, ...everywhere },
  { type: 'bandwidth', bitsPerSecond: 256_000, queueMs: 200, ...everywhere },
];

it.each(LINK_FAULTS)('a $type on all links is tried on those of one member alone, and then on one link', (fault) => {
  const candidates = simplerFaults(fault, MEMBERS);
  expect(candidates).toContainEqual({ ...fault, links: [{ from: ['n2'], to: ['n1', 'n3'] }] });
  expect(candidates).toContainEqual({ ...fault, links: [{ from: ['n1', 'n2'], to: ['n3'] }] });
  expect(simplest(fault)).toMatchObject({ links: [{ from: [expect.any(String)], to: [expect.any(String)] }] });
});

it('a bandwidth gets wider, up to what is hardly narrow', () => {
  const [, , narrow] = LINK_FAULTS;
  if (narrow === undefined) throw new Error('no bandwidth');
  expect(simplerFaults(narrow, MEMBERS)).toContainEqual({ ...narrow, bitsPerSecond: 512_000 });
  expect(simplest(narrow)).toMatchObject({ bitsPerSecond: 8_192_000 });
});
