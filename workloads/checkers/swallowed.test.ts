import { expect, it } from 'vitest';
import type { PlannedFault } from '../../harness/model/fault.ts';
import { isSwallowed } from './swallowed.ts';
import { TestHistory } from './test-history.ts';

const WINDOW = { atMs: 2000, untilMs: 5000 };
const REST = ['n2', 'n3'];
const loss = (from: readonly string[], to: readonly string[]): PlannedFault => ({
  id: 'f',
  type: 'loss',
  probability: 0.5,
  links: [{ from, to }],
  ...WINDOW,
});
const SKEW: PlannedFault = { id: 'f', type: 'clock-skew', targets: ['n1'], skewMs: 100, ...WINDOW };
const SLOW: PlannedFault = { id: 'f', type: 'slow', targets: ['n1'], blockMs: 100, everyMs: 200, ...WINDOW };
const PAUSE: PlannedFault = { id: 'f', type: 'pause', targets: ['n1'], ...WINDOW };

const kill = (atMs: number, untilMs: number, restart: 'with-state' | 'never' = 'with-state'): PlannedFault => ({
  id: `k${atMs}`,
  type: 'kill',
  targets: ['n1'],
  restart,
  atMs,
  untilMs,
});
const pause = (atMs: number, untilMs: number): PlannedFault => ({
  id: `p${atMs}`,
  type: 'pause',
  targets: ['n1'],
  atMs,
  untilMs,
});
const ISOLATED: PlannedFault = {
  id: 'c',
  type: 'partition',
  shape: 'one',
  cuts: [
    { from: ['n1'], to: REST },
    { from: REST, to: ['n1'] },
  ],
  atMs: 1000,
  untilMs: 6000,
};
const ONE_WAY: PlannedFault = { ...ISOLATED, cuts: [{ from: ['n1'], to: REST }] };

const cases: readonly { what: string; fault: PlannedFault; others: readonly PlannedFault[]; swallowed: boolean }[] = [
  { what: 'a fault alone', fault: SKEW, others: [], swallowed: false },
  { what: 'a clock of a member that is down', fault: SKEW, others: [kill(1000, 6000)], swallowed: true },
  { what: 'a clock of a member that comes back', fault: SKEW, others: [kill(500, 1000)], swallowed: false },
  { what: 'a clock of a member that stands still', fault: SKEW, others: [pause(1000, 6000)], swallowed: true },
  { what: 'a clock of a member that goes on', fault: SKEW, others: [pause(1000, 4000)], swallowed: false },
  { what: 'stands still, then is killed', fault: SKEW, others: [pause(1000, 6000), kill(3000, 6000)], swallowed: true },
  {
    what: 'a pause that a kill ends: it comes back running',
    fault: SKEW,
    others: [pause(1000, 9000), kill(1200, 1300)],
    swallowed: false,
  },
  {
    what: 'a pause of a member that is down then: it comes back running',
    fault: SKEW,
    others: [kill(0, 1500), pause(1000, 9000)],
    swallowed: false,
  },
  { what: 'a pause of a member that is down', fault: PAUSE, others: [kill(1000, 6000)], swallowed: true },
  { what: 'a pause of a member that is up', fault: PAUSE, others: [kill(3000, 6000)], swallowed: false },
  {
    what: 'loss from a member that stands still',
    fault: loss(['n1'], REST),
    others: [pause(0, 6000)],
    swallowed: true,
  },
  { what: 'loss to a member that stands still', fault: loss(REST, ['n1']), others: [pause(0, 6000)], swallowed: false },
  { what: 'loss to a member that is down', fault: loss(REST, ['n1']), others: [kill(0, 1, 'never')], swallowed: true },
  { what: 'loss on cut links', fault: loss(['n1'], REST), others: [ISOLATED], swallowed: true },
  { what: 'loss beside cut links', fault: loss(['n2'], REST), others: [ISOLATED], swallowed: false },
  { what: 'a slow member alone', fault: SLOW, others: [ISOLATED], swallowed: true },
  { what: 'a slow member that can still hear', fault: SLOW, others: [ONE_WAY], swallowed: false },
  { what: 'a slow member killed before it lets anything go', fault: SLOW, others: [kill(2050, 4000)], swallowed: true },
  { what: 'a slow member killed once it has', fault: SLOW, others: [kill(2150, 4000)], swallowed: false },
  { what: 'a slow member that comes back to it', fault: SLOW, others: [kill(2050, 2100)], swallowed: false },
];

it.each(cases)('$what: $swallowed', ({ fault, others, swallowed }) => {
  const { plan } = new TestHistory({ channels: [], faults: [fault, ...others] });
  expect(plan.members).toHaveLength(3);
  expect(isSwallowed(plan, fault)).toBe(swallowed);
});
