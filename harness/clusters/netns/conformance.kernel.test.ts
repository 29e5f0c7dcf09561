import { describe, it } from 'vitest';
import type { PlannedFault } from '../../model/fault.ts';
import { clusterConformance } from '../conformance/suite.ts';
import { createOpenNetns } from './netns.ts';
import { offers } from './test-machine.ts';

/** Scenarios ask for faults that their plans do not name. */
const PREPARED: readonly PlannedFault[] = [
  { type: 'delay', id: 'p1', atMs: 0, untilMs: 1, links: 'all', delayMs: 1, jitterMs: 0 },
  { type: 'clock-skew', id: 'p2', atMs: 0, untilMs: 1, targets: ['n1'], skewMs: 1 },
];

for (const [standing, rootless] of [
  ['root', false],
  ['rootless', true],
] as const) {
  const lack = await offers(standing);
  if (lack === undefined) clusterConformance(`netns, ${standing}`, createOpenNetns({ rootless, prepareFor: PREPARED }));
  else describe(`cluster netns, ${standing}`, () => it.skip(`SKIPPED: ${lack}`, () => undefined));
}
